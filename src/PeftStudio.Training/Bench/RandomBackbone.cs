using System.Globalization;
using System.Runtime.InteropServices;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training.Bench;

/// <summary>A backbone of RoBERTa-base's size with random weights, as a folder: what a step costs does not depend on the weights.</summary>
public static class RandomBackbone
{
    /// <param name="folder">exists and is empty.</param>
    /// <param name="layers">12 in RoBERTa-base.</param>
    public static void Write(string folder, int layers, ulong seed)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": {{layers}}, "num_attention_heads": 12, "intermediate_size": 3072,
             "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "initializer_range": 0.02, "pad_token_id": 1,
             "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
            """));
        var config = BackboneConfig.FromFolder(folder);
        using var generator = new Generator(seed);
        var tensors = EncoderKeys.Of(config).Select(key => Draw("roberta." + key.Key, key.Shape, config.InitializerRange, generator));
        SafetensorsWriter.Write(Path.Combine(folder, SafetensorsCheckpoint.SingleName), tensors);
    }

    private static SafetensorsTensor Draw(string key, long[] shape, double deviation, Generator generator)
    {
        using var scope = NewDisposeScope();
        var isNorm = key.EndsWith("LayerNorm.weight", StringComparison.Ordinal);
        var values = empty(shape, ScalarType.Float32).normal_(isNorm ? 1 : 0, deviation, generator);
        return new SafetensorsTensor(key, SafetensorsType.F32, [.. shape], MemoryMarshal.AsBytes<float>(values.data<float>().ToArray()).ToArray());
    }
}
