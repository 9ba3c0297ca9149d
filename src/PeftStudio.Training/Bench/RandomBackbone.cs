using System.Globalization;
using System.Runtime.InteropServices;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training.Bench;

/// <summary>A backbone with random weights, as a folder: what a step costs does not depend on the weights.</summary>
public static class RandomBackbone
{
    /// <summary>config.json of the published base sizes.</summary>
    /// <param name="model">roberta, t5 (1.0) or bart.</param>
    /// <param name="layers">of each stack; null: 12, BART's 6.</param>
    public static string Base(string model, int? layers) => model switch
    {
        "roberta" => string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": {{layers ?? 12}}, "num_attention_heads": 12, "intermediate_size": 3072,
             "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "initializer_range": 0.02, "pad_token_id": 1,
             "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
            """),
        "t5" => string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "t5", "vocab_size": 32128, "d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": {{layers ?? 12}}, "num_decoder_layers": {{layers ?? 12}}, "num_heads": 12,
             "feed_forward_proj": "relu", "dropout_rate": 0.1, "initializer_factor": 0.5}
            """),
        "bart" => string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "bart", "vocab_size": 50265, "d_model": 768, "encoder_layers": {{layers ?? 6}}, "decoder_layers": {{layers ?? 6}}, "encoder_attention_heads": 12,
             "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "max_position_embeddings": 1024, "dropout": 0.1, "attention_dropout": 0.1, "init_std": 0.02}
            """),
        _ => throw new ArgumentException($"'{model}' is no model to measure; roberta, t5 and bart are", nameof(model)),
    };

    /// <param name="folder">exists and has no config.json.</param>
    /// <param name="config">the text of config.json, of any family.</param>
    public static void Write(string folder, string config, ulong seed)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        var described = BackboneConfig.FromFolder(folder);
        using var generator = new Generator(seed);
        var tensors = NetworkKeys.Of(described).Select(key => Draw(BackboneKeys.Prefix(described.ModelType) + key.Key, key.Shape, described, generator));
        SafetensorsWriter.Write(Path.Combine(folder, SafetensorsCheckpoint.SingleName), tensors);
    }

    private static SafetensorsTensor Draw(string key, long[] shape, BackboneConfig config, Generator generator)
    {
        using var scope = NewDisposeScope();
        var isNorm = key.EndsWith("norm.weight", StringComparison.OrdinalIgnoreCase) || key.EndsWith("layernorm_embedding.weight", StringComparison.Ordinal);
        // T5 does not scale its scores: its queries are drawn the smaller for it.
        var deviation = config.InitializerRange * (key.EndsWith(".q.weight", StringComparison.Ordinal) ? 1 / Math.Sqrt(config.HeadSize) : 1);
        var values = empty(shape, ScalarType.Float32).normal_(isNorm ? 1 : 0, deviation, generator);
        return new SafetensorsTensor(key, SafetensorsType.F32, [.. shape], MemoryMarshal.AsBytes<float>(values.data<float>().ToArray()).ToArray());
    }
}
