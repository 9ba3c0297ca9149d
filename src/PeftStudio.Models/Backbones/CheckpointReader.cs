using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
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
        var head = HeadLayout.Of(config.ModelType);
        var headKeys = head.Keys(1, 1).Select(k => k.Key).ToHashSet(StringComparer.Ordinal);
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

    /// <summary>Bare key -> key in the checkpoint, of the encoder, the pooler and the head.</summary>
    public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

    public string Wrapper { get; }

    /// <exception cref="SafetensorsException">A backbone tensor is missing or has another shape than config.json asks for.</exception>
    public LoadReport Check()
    {
        var expected = EncoderKeys.Of(config).ToDictionary(k => k.Key, k => k.Shape, StringComparer.Ordinal);
        var absent = expected.Keys.Where(key => !Keys.ContainsKey(key)).ToArray();
        if (absent.Length > 0)
            throw new SafetensorsException(
                checkpoint.Folder, Wrapper + absent[0],
                $"is missing{(absent.Length > 1 ? $", and {absent.Length - 1} more" : "")}; the checkpoint does not hold the {config.Layers}-layer {config.ModelType} that config.json describes");
        foreach (var (bare, shape) in expected)
            CheckShape(bare, shape);
        var head = HeadLayout.Of(config.ModelType);
        var missing = new List<string>();
        foreach (var (bare, shape) in head.HasPooler ? head.Keys(config.HiddenSize, 1).Take(2) : [])
            if (Keys.ContainsKey(bare))
                CheckShape(bare, shape);
            else
                missing.Add(Wrapper + bare);
        foreach (var bare in Keys.Keys.Where(key => key.StartsWith("encoder.", StringComparison.Ordinal) || key.StartsWith("embeddings.", StringComparison.Ordinal)).ToArray())
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

    private void CheckShape(string bare, long[] shape)
    {
        var entry = checkpoint.Entry(Keys[bare]);
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
            throw new SafetensorsException(
                checkpoint.Folder, entry.Key, $"has shape [{string.Join(", ", entry.Shape)}]; by config.json it is [{string.Join(", ", shape)}]");
    }
}
