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

    private static string Model(torch.Device device) => device.type == DeviceType.CPU ? ProcessorModel() : GpuModel(device, GpuDescriptions());

    /// <param name="device">of CUDA.</param>
    /// <param name="descriptions">what the driver says of each GPU of this machine, in lines such as "Model: NVIDIA A100".</param>
    /// <returns>The model, where all are of one; else the device among them, since which is which is CUDA's to say.</returns>
    internal static string GpuModel(torch.Device device, IEnumerable<string> descriptions)
    {
        var models = descriptions.SelectMany(text => text.Split('\n')).Select(line => line.Split(':', 2)).Where(field => field is ["Model", _]).Select(field => field[1].Trim())
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return models switch
        {
            [] => $"{device} of CUDA",
            [var model] => model,
            _ => $"{device} of {string.Join(" and ", models)}",
        };
    }

    private static IEnumerable<string> GpuDescriptions()
    {
        var folder = new DirectoryInfo("/proc/driver/nvidia/gpus");
        return folder.Exists ? folder.EnumerateFiles("information", SearchOption.AllDirectories).Select(file => File.ReadAllText(file.FullName)).ToArray() : [];
    }

    private static string ProcessorModel()
    {
        const string File = "/proc/cpuinfo";
        var line = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "a processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
