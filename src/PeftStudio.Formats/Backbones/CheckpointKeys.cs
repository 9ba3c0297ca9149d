using PeftStudio.Formats.Safetensors;
using PeftStudio.Search;

namespace PeftStudio.Formats.Backbones;

/// <summary>Which key of a checkpoint is which tensor of a backbone, and whether all are there in the shapes that config.json asks for: what a worker loads by, and what the shelf looks at before one does.</summary>
public sealed class CheckpointKeys
{
    private readonly SafetensorsCheckpoint checkpoint;
    private readonly BackboneConfig config;
    private readonly List<string> unexpected = [];

    public CheckpointKeys(SafetensorsCheckpoint checkpoint, BackboneConfig config)
    {
        this.checkpoint = checkpoint;
        this.config = config = config is { T5: { HasTiedHead: true } t5 } && HasOtherHead(checkpoint) ? config with { T5 = t5 with { HasTiedHead = false } } : config;
        var prefix = BackboneKeys.Prefix(config.ModelType);
        var headKeys = NetworkKeys.Head(config).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in checkpoint.Entries)
        {
            var stripped = entry.Key.StartsWith(prefix, StringComparison.Ordinal) ? entry.Key[prefix.Length..] : entry.Key;
            if (BackboneKeys.Bare(config.ModelType, entry.Key) is { } bare)
                Keys[bare] = entry.Key;
            else if (headKeys.Contains(stripped))
                Keys[stripped] = entry.Key;
            else
                unexpected.Add(entry.Key);
        }
        Wrapper = checkpoint.Entries.Any(e => e.Key.StartsWith(prefix + "encoder.", StringComparison.Ordinal)) ? prefix : "";
    }

    /// <summary>What config.json says, and of T5 what the checkpoint does: transformers 5 writes a head of its own beside a configuration that ties every T5's.</summary>
    public BackboneConfig Config => config;

    /// <summary>Bare key -> key in the checkpoint, of the backbone, the pooler and the head.</summary>
    public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

    public string Wrapper { get; }

    /// <exception cref="SafetensorsException">A backbone tensor is missing, has another shape than config.json asks for, or is no floating-point numbers.</exception>
    public LoadReport Check()
    {
        var expected = NetworkKeys.Of(config).ToDictionary(k => k.Key, k => k.Shape, StringComparer.Ordinal);
        Require(expected);
        var missing = CheckHead();
        foreach (var bare in Keys.Keys.Where(key => BackboneKeys.Bare(config.ModelType, key) is not null).ToArray())
            if (!expected.ContainsKey(bare))
            {
                unexpected.Add(Keys[bare]);
                Keys.Remove(bare);
            }
        foreach (var key in Keys.Values)
            CheckType(checkpoint.Entry(key));
        unexpected.Sort(StringComparer.Ordinal);
        return new LoadReport(missing.ToValueList(), unexpected.ToValueList(), config.Ignored);
    }

    private void Require(Dictionary<string, long[]> expected)
    {
        var absent = expected.Keys.Where(key => !Keys.ContainsKey(key)).ToArray();
        if (absent.Length > 0)
            throw new SafetensorsException(
                checkpoint.Path, Wrapper + absent[0],
                $"is missing{(absent.Length > 1 ? $", and {absent.Length - 1} more" : "")}; the checkpoint does not hold the {config.Layers}-layer {config.ModelType} that config.json describes");
        foreach (var (bare, shape) in expected)
            CheckShape(bare, shape);
    }

    /// <summary>Whether a T5's head is there and is not the embeddings once more.</summary>
    private static bool HasOtherHead(SafetensorsCheckpoint checkpoint)
    {
        if (!checkpoint.Contains(T5Keys.Head))
            return false;
        if (!checkpoint.Contains(T5Keys.Words))
            return true;
        using var head = checkpoint.Read(T5Keys.Head);
        using var words = checkpoint.Read(T5Keys.Words);
        return !head.Span.SequenceEqual(words.Span);
    }

    // Pooler and head are used as the checkpoint brings them: whole, or not at all.
    private List<string> CheckHead()
    {
        if (config.T5 is { } t5)
        {
            if (!t5.HasTiedHead)
                Require(new(StringComparer.Ordinal) { [T5Keys.Head] = [config.VocabSize, config.HiddenSize] });
            return [];
        }
        if (Keys.ContainsKey(BartKeys.LogitsBias))
            CheckShape(BartKeys.LogitsBias, [1, config.VocabSize]);
        var head = HeadLayout.Of(config.ModelType);
        var parts = head.Keys(config.HiddenSize, Outputs(head.Out + ".weight")).ToArray();
        if (!head.HasPooler)
        {
            IsThere(parts);
            return [];
        }
        IsThere(parts[2..]);
        return IsThere(parts[..2]) ? [] : [.. parts[..2].Select(part => Wrapper + part.Key)];
    }

    /// <summary>How many the head has. Its shape then fits the backbone's width too, so that the file's bytes back them.</summary>
    private long Outputs(string bare)
    {
        if (!Keys.TryGetValue(bare, out var stored))
            return 1;
        var entry = checkpoint.Entry(stored);
        return entry.Shape is [>= 1 and <= int.MaxValue, _] ? entry.Shape[0] : throw new SafetensorsException(
            checkpoint.PathOf(entry.Key), entry.Key, $"has shape [{string.Join(", ", entry.Shape)}]; a head has at least one output, and a row of {config.HiddenSize} numbers for each");
    }

    /// <exception cref="SafetensorsException">Some parts are there and others are not, or one has another shape.</exception>
    private bool IsThere((string Key, long[] Shape)[] parts)
    {
        var absent = parts.Where(part => !Keys.ContainsKey(part.Key)).Select(part => part.Key).ToArray();
        if (absent.Length == parts.Length)
            return false;
        if (absent.Length > 0)
            throw new SafetensorsException(checkpoint.Path, absent[0].StartsWith("pooler.", StringComparison.Ordinal) ? Wrapper + absent[0] : absent[0], "is missing, though the head's other parts are there");
        foreach (var (bare, shape) in parts)
            CheckShape(bare, shape);
        return true;
    }

    private void CheckShape(string bare, long[] shape)
    {
        var entry = checkpoint.Entry(Keys[bare]);
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
            throw new SafetensorsException(
                checkpoint.PathOf(entry.Key), entry.Key, $"has shape [{string.Join(", ", entry.Shape)}]; by config.json it is [{string.Join(", ", shape)}]");
    }

    private void CheckType(SafetensorsEntry entry)
    {
        if (entry.Type is not (SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.F64))
            throw new SafetensorsException(checkpoint.PathOf(entry.Key), entry.Key, $"is {entry.Type}; F32, F16 or BF16 is wanted");
    }
}
