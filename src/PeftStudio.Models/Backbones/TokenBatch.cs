using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>Rows of token ids, padded to one length. Owns its tensors.</summary>
public sealed class TokenBatch : IDisposable
{
    /// <param name="ids">row by row, rows x time.</param>
    /// <param name="mask">1 for a token, 0 for padding; rows x time.</param>
    /// <param name="types">token types; null: all 0.</param>
    public TokenBatch(long[] ids, long[] mask, long[]? types, int rows, Device device)
    {
        if (rows < 1 || ids.Length == 0 || ids.Length % rows != 0)
            throw new ArgumentException($"{ids.Length} token ids do not make {rows} rows of one length", nameof(ids));
        if (mask.Length != ids.Length || (types is not null && types.Length != ids.Length))
            throw new ArgumentException($"{ids.Length} token ids with {mask.Length} mask values{(types is null ? "" : $" and {types.Length} token types")}", nameof(mask));
        (Rows, Time) = (rows, ids.Length / rows);
        Ids = Tensor(ids, device);
        Types = types is null || Array.TrueForAll(types, t => t == 0) ? null : Tensor(types, device);
        Mask = Array.TrueForAll(mask, m => m == 1) ? null : Tensor(mask, device);
    }

    public int Rows { get; }

    public int Time { get; }

    /// <summary>(rows, time), int64.</summary>
    public Tensor Ids { get; }

    /// <summary>(rows, time), int64; null: every token is type 0.</summary>
    public Tensor? Types { get; }

    /// <summary>(rows, time), int64; null: no row has padding.</summary>
    public Tensor? Mask { get; }

    public void Dispose()
    {
        Ids.Dispose();
        Types?.Dispose();
        Mask?.Dispose();
    }

    private Tensor Tensor(long[] values, Device device) => tensor(values, [Rows, Time], device: device).DetachFromDisposeScope();
}
