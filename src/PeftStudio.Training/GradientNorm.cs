using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>Clips gradients that lie in one or more flat buffers by their 2-norm over all.</summary>
internal static class GradientNorm
{
    /// <param name="gradients">flat, fp32; scaled in place</param>
    /// <param name="most">the largest norm that is left as it is; above 0</param>
    public static void Clip(IReadOnlyList<Tensor> gradients, double most)
    {
        if (gradients is [var only])
        {
            Kernels.ClipNorm(only, most).Dispose();
            return;
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var norm = Math.Sqrt(gradients.Sum(gradient => Math.Pow(gradient.norm().item<float>(), 2)));
        // As the kernel has it; a norm that is no number reaches the next loss, which says so.
        var factor = Math.Min(1, most / (norm + 1e-6));
        foreach (var gradient in gradients)
            gradient.mul_(factor);
    }
}
