using PeftStudio.Formats.Backbones;
using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

internal static class Activations
{
    public static Tensor Of(this Activation activation, Tensor input) => activation switch
    {
        Activation.Gelu => Kernels.Gelu(input),
        Activation.GeluTanh => input.gelu(TorchSharp.Modules.GELU.Approximate.tanh),
        Activation.Relu => input.relu(),
        Activation.Silu => input.silu(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };
}
