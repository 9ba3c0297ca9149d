using System.Diagnostics.CodeAnalysis;
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
    public Tensor Forward(Tensor input)
    {
        // One type for input, weight and bias: libtorch 1.13 has no mixed layer norm. Its statistics are fp32 for bf16 inputs.
        var type = input.dtype;
        return nn.functional.layer_norm(input, [Weight.size(0)], Weight.In(type), Bias.In(type), Epsilon);
    }
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
public sealed record EncoderWeights(EmbeddingWeights Embeddings, IReadOnlyList<LayerWeights> Layers);

internal static class TensorTypes
{
    [return: NotNullIfNotNull(nameof(tensor))]
    public static Tensor? In(this Tensor? tensor, ScalarType type) => tensor is null || tensor.dtype == type ? tensor : tensor.to(type);
}
