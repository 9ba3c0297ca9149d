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
    /// <summary>RoBERTa-base's sizes.</summary>
    /// <param name="layers">12 in RoBERTa-base.</param>
    public static string RobertaBase(int layers) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": {{layers}}, "num_attention_heads": 12, "intermediate_size": 3072,
         "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "initializer_range": 0.02, "pad_token_id": 1,
         "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
        """);

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
