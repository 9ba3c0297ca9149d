using System.Globalization;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A random T5 or BART in a folder of its own: three layers up, two down.</summary>
internal sealed class TinySequence : IDisposable
{
    private const string T5 = """
        {"model_type": "t5", "vocab_size": 50, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": UP, "num_decoder_layers": DOWN, "num_heads": 2, "relative_attention_num_buckets": 8,
         "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}
        """;

    private const string Bart = """
        {"model_type": "bart", "vocab_size": 50, "d_model": 16, "encoder_layers": UP, "encoder_attention_heads": 2, "encoder_ffn_dim": 24,
         "decoder_layers": DOWN, "decoder_attention_heads": 4, "decoder_ffn_dim": 20, "max_position_embeddings": 20, "scale_embedding": true}
        """;

    private readonly TempFolder folder = new();

    /// <param name="modelType">t5 (1.1, with a gate and a head of its own), t5-1.0, or bart</param>
    /// <param name="outputs">of a classification head; 0: none</param>
    public TinySequence(string modelType, int outputs = 0, string? wrapper = null, Func<SafetensorsTensor, SafetensorsTensor?>? change = null, string[]? extra = null, (int Up, int Down)? layers = null)
    {
        var (up, down) = layers ?? (3, 2);
        folder.Write("config.json", Described(modelType, up, down));
        var config = BackboneConfig.FromFolder(Folder);
        var prefix = wrapper ?? (modelType == "bart" ? "model." : "");
        var keys = NetworkKeys.Of(config).Select(k => (Key: prefix + k.Key, k.Shape)).ToList();
        if (modelType == "t5")
            keys.Add((T5Keys.Head, [50, 16]));
        if (outputs > 0)
            keys.AddRange(HeadLayout.Of(modelType).Keys(16, outputs));
        SafetensorsWriter.Write(
            folder[SafetensorsCheckpoint.SingleName],
            keys.Select((k, i) => TinyBackbone.Random(k.Key, k.Shape, i)).Select(t => change is null ? t : change(t)).OfType<SafetensorsTensor>()
                .Concat((extra ?? []).Select(key => TinyBackbone.Random(key, [3], 1))));
    }

    public string Folder => folder.Path;

    public Backbone Load(Precision precision = Precision.Fp32) => Backbone.Load(Folder, CPU, precision);

    /// <summary>Two rows, of seven and of four tokens, each with the end token 2 in its last place.</summary>
    public static TokenBatch Batch(int time = 7)
    {
        long[][] rows = [[5, 6, 7, 8, 9, 10, 2], [20, 21, 22, 2]];
        return new TokenBatch(
            [.. rows.SelectMany(r => r.Concat(Enumerable.Repeat(1L, time - r.Length)))],
            [.. rows.SelectMany(r => Enumerable.Repeat(1L, r.Length).Concat(Enumerable.Repeat(0L, time - r.Length)))], null, rows.Length, CPU);
    }

    public void Dispose() => folder.Dispose();

    private static string Described(string modelType, int up, int down) => (modelType switch
    {
        "t5" => T5,
        "t5-1.0" => T5.Replace("\"gated-gelu\", \"tie_word_embeddings\": false", "\"relu\", \"tie_word_embeddings\": true", StringComparison.Ordinal),
        _ => Bart,
    }).Replace("UP", up.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("DOWN", down.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
