using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace PeftStudio.Torch;

public static partial class NativeRuntime
{
    private const string OneDnnLimitVariable = "ONEDNN_MAX_CPU_ISA";
    private const string FileName = "libpeftstudio_torch.so";
    private static readonly Lock Gate = new();
    private static nint s_handle;

    /// <summary>The native library's file; null where it is in none of the places looked at.</summary>
    public static string? LibraryPath { get; } = Candidates().FirstOrDefault(File.Exists);

    public static bool IsLoaded => s_handle != 0;

    /// <summary>libtorch's version, such as 1.13.1.</summary>
    public static unsafe string Version => Native.Text(Native.pst_version);

    /// <summary>libtorch's own account of its build and its threads, several lines.</summary>
    public static unsafe string Configuration => Native.Text(Native.pst_configuration);

    /// <summary>OpenBLAS's name of the kernels in use, such as SkylakeX; empty where another BLAS is behind libtorch.</summary>
    public static unsafe string BlasCore => Native.Text(Native.pst_blas_core);

    /// <summary>Denormal numbers as zero in this thread; false where the processor cannot.</summary>
    public static bool FlushDenormals(bool on) => Native.Yes(Native.pst_set_flush_denormal(on ? 1 : 0, out var supported), supported);

    /// <summary>Most bytes in use on a CUDA device since the last reset; 0 in a build without CUDA.</summary>
    public static long PeakDeviceMemory(int deviceIndex, bool reset = false)
    {
        Native.Done(Native.pst_cuda_peak_memory(deviceIndex, reset ? 1 : 0, out var bytes));
        return bytes;
    }

    internal static nint Load()
    {
        lock (Gate)
        {
            if (s_handle != 0)
                return s_handle;
            var path = LibraryPath
                ?? throw new DllNotFoundException($"{FileName} is missing: run src/PeftStudio.Torch/native/build.sh, or name it in PEFTSTUDIO_NATIVE. Looked at: {string.Join(", ", Candidates())}");
            ChooseKernels();
            return s_handle = NativeLibrary.Load(path);
        }
    }

    private static void ChooseKernels()
    {
        var flags = CpuFlags();
        Choose("OPENBLAS_CORETYPE", BlasCoreFor(flags));
        Choose(OneDnnLimitVariable, OneDnnLimitFor(flags, TilePalettes()));

        // What a person has set stands.
        static void Choose(string variable, string? value)
        {
            if (value is not null && Environment.GetEnvironmentVariable(variable) is null)
                SetEnvironment(variable, value);
        }
    }

    // The highest palette of AMX tiles that CPUID tells of; 0 where it tells of none.
    private static int TilePalettes()
    {
        const int TileLeaf = 0x1D;
        return X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= TileLeaf ? X86Base.CpuId(TileLeaf, 0).Eax : 0;
    }

    private static HashSet<string> CpuFlags()
    {
        const string File = "/proc/cpuinfo";
        if (!System.IO.File.Exists(File))
            return [];
        var line = System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal));
        return line is null ? [] : [.. line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static IEnumerable<string> Candidates()
    {
        // A file that was named is the one that is meant: no other takes its place.
        if (Environment.GetEnvironmentVariable("PEFTSTUDIO_NATIVE") is { Length: > 0 } named)
        {
            yield return Directory.Exists(named) ? Path.Combine(named, FileName) : named;
            yield break;
        }
        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "PeftStudio.sln")))
                yield return Path.Combine(folder.FullName, "artifacts", "native", FileName);
    }
}
