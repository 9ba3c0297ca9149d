using System.Globalization;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training.Bench;

/// <summary>Most memory since the last reset: resident in this process (Linux), or in use on a CUDA device.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string Line = "VmHWM:";

    public static void Reset(Device device)
    {
        if (device.type == DeviceType.CUDA)
            _ = NativeRuntime.PeakDeviceMemory(device.index, reset: true);
        else if (File.Exists(Status))
            File.WriteAllText("/proc/self/clear_refs", "5"); // proc(5): 5 sets the peak back to what is resident now
    }

    public static long Of(Device device)
    {
        if (device.type == DeviceType.CUDA)
            return NativeRuntime.PeakDeviceMemory(device.index);
        if (!File.Exists(Status))
            return 0;
        var line = File.ReadLines(Status).First(l => l.StartsWith(Line, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(Line.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }
}
