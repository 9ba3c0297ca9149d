using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A random backbone of four narrow layers, or as many as are asked for, in a folder of its own. With outputs, the checkpoint has a classification head of so many.</summary>
internal sealed class TinyBackbone : IDisposable
{
    private readonly TempFolder folder = new();

    public TinyBackbone(string modelType, string? wrapper = null, bool pooler = true, Func<SafetensorsTensor, SafetensorsTensor?>? change = null, string[]? extra = null, int layers = 4, int outputs = 0)
    {
        File.WriteAllText(Path.Combine(Folder, "config.json"), $$"""
            {"model_type": "{{modelType}}", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": {{layers}}, "num_attention_heads": 2, "intermediate_size": 24,
             "max_position_embeddings": 20, "type_vocab_size": 2, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "initializer_range": 0.2}
            """);
        var config = BackboneConfig.FromFolder(Folder);
        var keys = EncoderKeys.Of(config).ToList();
        if (pooler && modelType == "bert")
            keys.AddRange(HeadLayout.Of(modelType).Keys(config.HiddenSize, 1).Take(2));
        var named = keys.Select(k => (Key: (wrapper ?? BackboneKeys.Prefix(modelType)) + k.Key, k.Shape));
        if (outputs > 0)
            named = named.Concat(HeadLayout.Of(modelType).Keys(config.HiddenSize, outputs).Where(k => k.Key.StartsWith("classifier", StringComparison.Ordinal)));
        var tensors = named.Select((k, i) => Random(k.Key, k.Shape, i)).Select(t => change is null ? t : change(t)).OfType<SafetensorsTensor>()
            .Concat((extra ?? []).Select(key => Random(key, [3], 1)));
        SafetensorsWriter.Write(Path.Combine(Folder, SafetensorsCheckpoint.SingleName), tensors);
    }

    public string Folder => folder.Path;

    public Backbone Load() => Backbone.Load(Folder, CPU, ScalarType.Float32);

    public static SafetensorsTensor Random(string key, long[] shape, int seed)
    {
        using var generator = new Generator((ulong)seed);
        using var values = empty(shape, ScalarType.Float32).normal_(0, 0.3, generator);
        if (key.EndsWith("LayerNorm.weight", StringComparison.Ordinal) || key.EndsWith("layer_norm.weight", StringComparison.Ordinal))
            values.add_(1);
        // T5 neither scales its scores nor norms its sums: it is drawn the smaller for it.
        else if (key.Contains(".block.", StringComparison.Ordinal))
            values.mul_(0.4);
        return SafetensorsTensor.FromFloats(key, values.data<float>().ToArray(), shape);
    }

    /// <summary>Two rows, of seven and of four tokens, padded to <paramref name="time"/>.</summary>
    public static TokenBatch Batch(long padId, int time = 7)
    {
        long[][] rows = [[5, 6, 7, 8, 9, 10, 11], [20, 21, 22, 23]];
        return new TokenBatch(
            [.. rows.SelectMany(r => r.Concat(Enumerable.Repeat(padId, time - r.Length)))],
            [.. rows.SelectMany(r => Enumerable.Repeat(1L, r.Length).Concat(Enumerable.Repeat(0L, time - r.Length)))],
            [.. rows.SelectMany(r => Enumerable.Range(0, time).Select(t => t is >= 2 and < 4 ? 1L : 0L))],
            rows.Length, CPU);
    }

    public void Dispose() => folder.Dispose();
}
