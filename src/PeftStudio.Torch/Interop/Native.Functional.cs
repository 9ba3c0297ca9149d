using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

internal static unsafe partial class Native
{
    [LibraryImport(Library)] internal static partial int pst_linear(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, out nint result);
    [LibraryImport(Library)] internal static partial int pst_layer_norm(torch.Tensor input, ReadOnlySpan<long> shape, int dims, torch.Tensor? weight, torch.Tensor? bias, double eps, out nint result);
    [LibraryImport(Library)] internal static partial int pst_softmax(torch.Tensor input, long dim, int dtype, out nint result);
    [LibraryImport(Library)] internal static partial int pst_log_softmax(torch.Tensor input, long dim, int dtype, out nint result);
    [LibraryImport(Library)] internal static partial int pst_dropout(torch.Tensor input, double p, int training, out nint result);
    [LibraryImport(Library)] internal static partial int pst_cross_entropy(torch.Tensor input, torch.Tensor target, torch.Tensor? weight, long ignoreIndex, long reduction, double labelSmoothing, out nint result);
    [LibraryImport(Library)] internal static partial int pst_mse_loss(torch.Tensor input, torch.Tensor target, long reduction, out nint result);
    [LibraryImport(Library)] internal static partial int pst_binary_cross_entropy_with_logits(torch.Tensor input, torch.Tensor target, torch.Tensor? weight, torch.Tensor? posWeights, long reduction, out nint result);
    [LibraryImport(Library)] internal static partial int pst_one_hot(torch.Tensor self, long classes, out nint result);
    [LibraryImport(Library)] internal static partial int pst_scaled_dot_product_attention(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? mask, double p, int causal, out nint result);
    [LibraryImport(Library)] internal static partial int pst_attention(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? mask, double scale, double p, ulong seed, long prefix, ulong prefixSeed, out nint result);
    [LibraryImport(Library)] internal static partial int pst_dropped(torch.Tensor input, torch.Tensor? residual, double p, ulong seed, out nint result);
    [LibraryImport(Library)] internal static partial int pst_keep_factors(ReadOnlySpan<long> shape, int dims, int dtype, int deviceType, int deviceIndex, double p, ulong seed, out nint result);
    [LibraryImport(Library)] internal static partial int pst_fused_gelu(torch.Tensor input, out nint result);
    [LibraryImport(Library)] internal static partial int pst_fused_norm(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, double epsilon, int centred, out nint result);
    [LibraryImport(Library)] internal static partial int pst_lora_linear(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, torch.Tensor a, torch.Tensor b, double scale, out nint result);
    [LibraryImport(Library)] internal static partial int pst_adamw(torch.Tensor parameters, torch.Tensor gradient, torch.Tensor mean, torch.Tensor square, torch.Tensor? rates, torch.Tensor? decays, double rate, double decay, double beta1, double beta2, double epsilon, long step);
    [LibraryImport(Library)] internal static partial int pst_clip_norm(torch.Tensor gradient, double maxNorm, out nint norm);
}
