using System.Globalization;
using System.Text;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;

namespace PeftStudio.Tests.Hub;

/// <summary>A BERT of one narrow layer with the sample's vocabulary, which a study could use: the files of a repository.</summary>
/// <param name="width">of the model; its embeddings have 12,032 rows and are nearly all of it</param>
internal sealed class TinyBert(int width)
{
    public byte[] Config { get; } = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""
        {"model_type": "bert", "vocab_size": 12032, "hidden_size": {{width}}, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": {{2 * width}}, "max_position_embeddings": 64}
        """));

    public byte[] Vocabulary { get; } = File.ReadAllBytes(Path.Join(Folders.Repository, "samples", "backbones", "sample", "vocab.txt"));

    public byte[] Weights => SafetensorsWriter.ToBytes(Tensors());

    /// <summary>All that the config asks for, with the prefix of a model with a head.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors() => [.. NetworkKeys.Of(BackboneConfig.Parse(Config)).Select((key, seed) => Tensor(BackboneKeys.Prefix("bert") + key.Key, seed + 1, key.Shape))];

    private static SafetensorsTensor Tensor(string key, int seed, long[] shape) =>
        SafetensorsTensor.FromFloats(key, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (all, size) => all * size)).Select(i => (float)((i * 7919L * seed) % 1000))], shape);
}
