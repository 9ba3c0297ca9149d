using System.Diagnostics.CodeAnalysis;
using PeftStudio.Formats.Backbones;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>A product and its bias: weight (out, in), bias (out) or none (T5). Each is brought to the input's type where it is used.</summary>
public sealed record LinearWeights(Tensor Weight, Tensor? Bias)
{
    /// <param name="input">(..., in)</param>
    public Tensor Forward(Tensor input) // (..., out)
    {
        var type = input.dtype;
        return nn.functional.linear(input, Weight.In(type), Bias.In(type));
    }
}

/// <summary>Layer norm over the last dimension; weight and bias (width).</summary>
public sealed record NormWeights(Tensor Weight, Tensor Bias, double Epsilon)
{
    public Tensor Forward(Tensor input) => Kernels.LayerNorm(input, Weight.In(input.dtype), Bias.In(input.dtype), Epsilon);
}

public sealed record EmbeddingWeights(Tensor Words, Tensor Positions, Tensor Types, NormWeights Norm);

public sealed record LayerWeights(
    LinearWeights Query,
    LinearWeights Key,
    LinearWeights Value,
    LinearWeights AttentionOutput,
    NormWeights AttentionNorm,
    LinearWeights Intermediate,
    LinearWeights Output,
    NormWeights OutputNorm);

/// <summary>All tensors of an encoder. Built over the shared backbone's, or with a trial's own in the places where it trains.</summary>
public sealed record EncoderWeights(EmbeddingWeights Embeddings, IReadOnlyList<LayerWeights> Layers)
{
    /// <summary>Made of what <paramref name="tensor"/> gives for each of <see cref="EncoderKeys"/>.</summary>
    public static EncoderWeights Of(BackboneConfig config, Func<string, Tensor> tensor)
    {
        return new EncoderWeights(
            new EmbeddingWeights(
                tensor("embeddings.word_embeddings.weight"),
                tensor("embeddings.position_embeddings.weight"),
                tensor("embeddings.token_type_embeddings.weight"),
                Norm("embeddings.LayerNorm")),
            [.. Enumerable.Range(0, config.Layers).Select(i => LayerOf(EncoderKeys.Layer(i)))]);

        LayerWeights LayerOf(string layer) => new(
            Linear(layer + "attention.self.query"),
            Linear(layer + "attention.self.key"),
            Linear(layer + "attention.self.value"),
            Linear(layer + "attention.output.dense"),
            Norm(layer + "attention.output.LayerNorm"),
            Linear(layer + "intermediate.dense"),
            Linear(layer + "output.dense"),
            Norm(layer + "output.LayerNorm"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"));

        NormWeights Norm(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"), config.LayerNormEps);
    }
}

internal static class TensorTypes
{
    [return: NotNullIfNotNull(nameof(tensor))]
    public static Tensor? In(this Tensor? tensor, ScalarType type) => tensor is null || tensor.dtype == type ? tensor : tensor.to(type);
}
