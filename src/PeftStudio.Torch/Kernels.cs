using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>Fused functions of the native file. Each has its TorchSharp composition in <see cref="Compositions"/>, held equal by a test.</summary>
public static class Kernels
{
    /// <summary>
    /// dropout(softmax(scale q k^T + mask)) v. query (batch, heads, time, headSize), key and value (batch, heads, keys, headSize); the mask is added (or, boolean,
    /// says which keys are seen) and broadcast to (batch, heads, time, keys). Without gradients of gradients.
    /// </summary>
    public static torch.Tensor Attention(
        torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? mask, double scale, AttentionDropout dropout = default) =>
#if TORCHSHARP
        Compositions.Attention(query, key, value, mask, scale, dropout);
#else
        Native.Made(
            Native.pst_attention(query, key, value, mask, scale, dropout.Probability, dropout.Seed, dropout.Prefix, dropout.PrefixSeed, out var result), result);
#endif

    /// <summary>
    /// input x <see cref="KeepFactors"/> [+ residual], without keeping the factors for the backward pass.
    /// </summary>
    public static torch.Tensor Dropped(torch.Tensor input, torch.Tensor? residual, double probability, ulong seed) =>
#if TORCHSHARP
        Compositions.Dropped(input, residual, KeepFactors(input.shape, input.dtype, input.device, probability, seed));
#else
        Native.Made(Native.pst_dropped(input, residual, probability, seed, out var result), result);
#endif

    /// <summary>0 with the probability, else 1 / (1 - probability): equal seeds and shapes give equal factors on one device, in every type.</summary>
    public static torch.Tensor KeepFactors(ReadOnlySpan<long> shape, torch.ScalarType type, torch.Device device, double probability, ulong seed) =>
#if TORCHSHARP
        Compositions.KeepFactors(shape, type, device, probability, seed);
#else
        Native.Made(Native.pst_keep_factors(shape, shape.Length, (int)type, (int)device.type, device.index, probability, seed, out var result), result);
#endif

    /// <summary>x Phi(x), Phi being the normal distribution function; within 1e-6 of it.</summary>
    public static torch.Tensor Gelu(torch.Tensor input) =>
#if TORCHSHARP
        input.gelu();
#else
        Native.Made(Native.pst_fused_gelu(input, out var result), result);
#endif

    /// <summary>Layer norm over the last dimension; weight and bias (width), of the input's type. Its statistics are fp32 for bf16 inputs.</summary>
    public static torch.Tensor LayerNorm(torch.Tensor input, torch.Tensor weight, torch.Tensor bias, double epsilon) =>
#if TORCHSHARP
        torch.nn.functional.layer_norm(input, [weight.size(0)], weight, bias, epsilon);
#else
        Native.Made(Native.pst_fused_norm(input, weight, bias, epsilon, 1, out var result), result);
#endif

    /// <summary>x / root mean square of x, times the weight, over the last dimension (Zhang and Sennrich 2019); weight and bias (width), of the input's type. Its mean is fp32 for bf16 inputs.</summary>
    public static torch.Tensor RmsNorm(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, double epsilon) =>
#if TORCHSHARP
        Compositions.RmsNorm(input, weight, bias, epsilon);
#else
        Native.Made(Native.pst_fused_norm(input, weight, bias, epsilon, 0, out var result), result);
#endif

    /// <summary>x W^T + b + scale (x A^T) B^T; a (rank, in) and b (out, rank) are brought to the input's type.</summary>
    public static torch.Tensor LoraLinear(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, torch.Tensor a, torch.Tensor b, double scale) =>
#if TORCHSHARP
        Compositions.LoraLinear(input, weight, bias, a, b, scale);
#else
        Native.Made(Native.pst_lora_linear(input, weight, bias, a, b, scale, out var result), result);
#endif

    /// <summary>
    /// One AdamW step over flat buffers of one length. rates and decays are factors by element of the learning rate and the weight decay; step counts from 1.
    /// </summary>
    public static void AdamWStep(
        torch.Tensor parameters, torch.Tensor gradient, torch.Tensor mean, torch.Tensor square, torch.Tensor? rates, torch.Tensor? decays,
        AdamWSettings settings, double rate, long step) =>
#if TORCHSHARP
        Compositions.AdamWStep(parameters, gradient, mean, square, rates, decays, settings, rate, step);
#else
        Native.Done(Native.pst_adamw(
            parameters, gradient, mean, square, rates, decays, rate, settings.WeightDecay, settings.Beta1, settings.Beta2, settings.Epsilon, step));
#endif

    /// <summary>Scales a flat gradient down to at most this Euclidean norm; returns the norm before, a tensor of no dimensions.</summary>
    public static torch.Tensor ClipNorm(torch.Tensor gradient, double maxNorm) =>
#if TORCHSHARP
        Compositions.ClipNorm(gradient, maxNorm);
#else
        Native.Made(Native.pst_clip_norm(gradient, maxNorm, out var norm), norm);
#endif
}
