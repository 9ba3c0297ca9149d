using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using TorchSharp;

namespace PeftStudio.Training;

/// <summary>Whether a device has products in bf16 that are worth having.</summary>
internal static class Bf16Products
{
    /// <summary>Why a precision is refused on a device; null where it is not.</summary>
    public static string? Against(Precision precision, torch.Device device) => precision == Precision.Bf16 && device.type == DeviceType.CPU && !NativeRuntime.SumsBf16InFp32
        ? "products in bf16 are slow and rounded at each addition on this processor, which has no AVX-512"
        : null;
}
