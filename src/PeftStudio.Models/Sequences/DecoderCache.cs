using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>What the encoder gave a decoder, row by row of the batch.</summary>
/// <param name="Hidden">(batch, time, width)</param>
/// <param name="Padding">added to the scores of its tokens, (batch, 1, 1, time); null: every token is seen</param>
/// <param name="Cache">what earlier passes over these rows computed; null: there is one pass only</param>
internal sealed record Encoded(Tensor Hidden, Tensor? Padding, DecoderCache? Cache = null)
{
    /// <summary>These rows alone, in the caller's scope; the others are freed.</summary>
    /// <param name="rows">(rows), int64</param>
    public Encoded Only(Tensor rows)
    {
        Cache?.Keep(rows);
        var only = this with { Hidden = Hidden.index_select(0, rows), Padding = Padding?.index_select(0, rows) };
        Hidden.Dispose();
        Padding?.Dispose();
        return only;
    }
}

/// <summary>
/// The keys and values of a decoder's layers, for passes that each bring the next inputs of a growing tree (<see cref="DecoderLayout.Trees"/>). Frees what it holds.
/// </summary>
internal sealed class DecoderCache(int layers) : IDisposable
{
    private readonly LayerCache[] all = [.. Enumerable.Range(0, layers).Select(_ => new LayerCache(new(grows: true), new(grows: false)))];

    public LayerCache this[int layer] => all[layer];

    /// <param name="rows">(rows), int64: those of the batch that go on</param>
    public void Keep(Tensor rows)
    {
        foreach (var layer in all)
        {
            layer.Self.Keep(rows);
            layer.Cross.Keep(rows);
        }
    }

    public void Dispose()
    {
        foreach (var layer in all)
        {
            layer.Self.Dispose();
            layer.Cross.Dispose();
        }
    }
}

/// <param name="Self">grows with each pass.</param>
/// <param name="Cross">the encoder's output is read once.</param>
internal sealed record LayerCache(AttentionCache Self, AttentionCache Cross);

/// <summary>The keys and values of one attention.</summary>
/// <param name="grows">whether each pass brings more; otherwise the first has brought all.</param>
internal sealed class AttentionCache(bool grows) : IDisposable
{
    private (Tensor Key, Tensor Value)? kept;

    /// <summary>All there are, this pass's among them: (batch, heads, keys, headSize), owned by the cache.</summary>
    /// <param name="read">what this pass brings; told whether it is the first, before whose keys a prefix stands</param>
    public (Tensor Key, Tensor Value) With(Func<bool, (Tensor Key, Tensor Value)> read)
    {
        if (kept is not { } known)
            return Hold(read(true));
        if (!grows)
            return known;
        var (key, value) = read(false);
        return Hold((cat([known.Key, key], 2), cat([known.Value, value], 2)));
    }

    public void Keep(Tensor rows)
    {
        if (kept is { } known)
            Hold((known.Key.index_select(0, rows), known.Value.index_select(0, rows)));
    }

    public void Dispose()
    {
        kept?.Key.Dispose();
        kept?.Value.Dispose();
        kept = null;
    }

    private (Tensor Key, Tensor Value) Hold((Tensor Key, Tensor Value) held)
    {
        Dispose();
        kept = (held.Key.DetachFromDisposeScope(), held.Value.DetachFromDisposeScope());
        return held;
    }
}
