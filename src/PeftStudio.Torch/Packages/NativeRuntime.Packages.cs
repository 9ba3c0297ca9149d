using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>Over TorchSharp's packages, which find and load their own library and say little about it.</summary>
public static partial class NativeRuntime
{
    public static string? LibraryPath => null;

    public static bool IsLoaded => false;

    public static string Version => torch.__version__;

    public static string Configuration => "TorchSharp " + torch.__version__;

    public static string BlasCore => "";

    public static bool FlushDenormals(bool on) => !on;

    public static long PeakDeviceMemory(int deviceIndex, bool reset = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deviceIndex);
        _ = reset;
        return 0;
    }
}
