using System.Reflection;
using PeftStudio.Formats.Adapters;
using PeftStudio.Torch;
using TorchSharp;

namespace PeftStudio.Training;

/// <summary>What a result's bits depend on besides its plan, as one line: workers with equal lines give equal bits.</summary>
public static class NumericProfile
{
    public static string Of(torch.Device device)
    {
        string[] parts =
        [
            Model(device), $"libtorch {NativeRuntime.Version}", $"{torch.get_num_threads()} threads", $"BLAS {(NativeRuntime.BlasCore is { Length: > 0 } core ? core : "of libtorch")}",
            .. NativeRuntime.OneDnnLimit is { } limit ? [$"oneDNN up to {limit}"] : Array.Empty<string>(),
        ];
        return string.Join("; ", parts);
    }

    public static AdapterVersions Versions(torch.Device device) => new(Studio, Of(device));

    /// <summary>The studio's version.</summary>
    public static string Studio { get; } = typeof(NumericProfile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static string Model(torch.Device device) => device.type == DeviceType.CPU ? ProcessorModel() : $"{device} of CUDA";

    private static string ProcessorModel()
    {
        const string File = "/proc/cpuinfo";
        var line = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "a processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
