using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Sequences;
using PeftStudio.Search;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>Finds the tensors of a backbone in a checkpoint, checks their shapes, and makes tensors of them.</summary>
internal sealed class CheckpointReader
{
    private readonly SafetensorsCheckpoint checkpoint;
    private readonly BackboneConfig config;
    private readonly List<string> unexpected = [];

    public CheckpointReader(SafetensorsCheckpoint checkpoint, BackboneConfig config)
    {
        (this.checkpoint, this.config) = (checkpoint, config);
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

    /// <summary>Bare key -> key in the checkpoint, of the backbone, the pooler and the head.</summary>
    public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

    public string Wrapper { get; }

    /// <exception cref="SafetensorsException">A backbone tensor is missing or has another shape than config.json asks for.</exception>
    public LoadReport Check()
    {
        var expected = NetworkKeys.Of(config).ToDictionary(k => k.Key, k => k.Shape, StringComparer.Ordinal);
        Require(expected);
        var missing = config.Decoder is null ? CheckPooler() : CheckHead();
        foreach (var bare in Keys.Keys.Where(key => BackboneKeys.Bare(config.ModelType, key) is not null).ToArray())
            if (!expected.ContainsKey(bare))
            {
                unexpected.Add(Keys[bare]);
                Keys.Remove(bare);
            }
        unexpected.Sort(StringComparer.Ordinal);
        return new LoadReport(missing.ToValueList(), unexpected.ToValueList(), config.Ignored);
    }

    /// <summary>A tensor of its own, outside all scopes; over the memory map where type and device allow.</summary>
    public Tensor Read(string bare, Device device, ScalarType type)
    {
        using var bytes = checkpoint.Read(Keys[bare]);
        var entry = bytes.Entry;
        var stored = entry.Type switch
        {
            SafetensorsType.F32 => ScalarType.Float32,
            SafetensorsType.F16 => ScalarType.Float16,
            SafetensorsType.BF16 => ScalarType.BFloat16,
            SafetensorsType.F64 => ScalarType.Float64,
            _ => throw new SafetensorsException(checkpoint.Folder, entry.Key, $"is {entry.Type}; F32, F16 or BF16 is wanted"),
        };
        var mapped = MappedTensors.Map(bytes.Buffer, bytes.Offset, stored, entry.Shape.AsSpan());
        if (stored == type && device.type == DeviceType.CPU)
            return mapped.DetachFromDisposeScope();
        using (mapped)
            return mapped.to(type, device, copy: true).DetachFromDisposeScope();
    }

    private void Require(Dictionary<string, long[]> expected)
    {
        var absent = expected.Keys.Where(key => !Keys.ContainsKey(key)).ToArray();
        if (absent.Length > 0)
            throw new SafetensorsException(
                checkpoint.Folder, Wrapper + absent[0],
                $"is missing{(absent.Length > 1 ? $", and {absent.Length - 1} more" : "")}; the checkpoint does not hold the {config.Layers}-layer {config.ModelType} that config.json describes");
        foreach (var (bare, shape) in expected)
            CheckShape(bare, shape);
    }

    private List<string> CheckPooler()
    {
        var missing = new List<string>();
        var head = HeadLayout.Of(config.ModelType);
        foreach (var (bare, shape) in head.HasPooler ? head.Keys(config.HiddenSize, 1).Take(2) : [])
            if (Keys.ContainsKey(bare))
                CheckShape(bare, shape);
            else
                missing.Add(Wrapper + bare);
        return missing;
    }

    // The heads of encoder-decoders are used as the checkpoint brings them: whole, or not at all.
    private List<string> CheckHead()
    {
        if (config.T5 is { HasTiedHead: false })
            Require(new(StringComparer.Ordinal) { [T5Keys.Head] = [config.VocabSize, config.HiddenSize] });
        if (Keys.ContainsKey(BartKeys.LogitsBias))
            CheckShape(BartKeys.LogitsBias, [1, config.VocabSize]);
        if (config.Bart is not null && HeadLayout.Of(config.ModelType) is var head && head.Keys(1, 1).Any(k => Keys.ContainsKey(k.Key)))
            Require(head.Keys(config.HiddenSize, Keys.TryGetValue(head.Out + ".weight", out var stored) ? checkpoint.Entry(stored).Shape[0] : 1)
                .ToDictionary(k => k.Key, k => k.Shape, StringComparer.Ordinal));
        return [];
    }

    private void CheckShape(string bare, long[] shape)
    {
        var entry = checkpoint.Entry(Keys[bare]);
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
            throw new SafetensorsException(
                checkpoint.Folder, entry.Key, $"has shape [{string.Join(", ", entry.Shape)}]; by config.json it is [{string.Join(", ", shape)}]");
    }
}
