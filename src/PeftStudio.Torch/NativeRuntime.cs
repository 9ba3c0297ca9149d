using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>Where the native library is, what it runs on, and what must be settled before it is loaded.</summary>
public static partial class NativeRuntime
{
    /// <summary>Tensors made and not yet freed, in all threads.</summary>
    public static long LiveTensors => torch.Tensor.TotalCount;

    /// <summary>
    /// Fixes the number of threads of libtorch and its BLAS. Call it once, early: what is read at load (OpenMP, OpenBLAS) is set in the environment.
    /// </summary>
    public static void UseThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!IsLoaded)
        {
            var text = count.ToString(CultureInfo.InvariantCulture);
            SetEnvironment("OMP_NUM_THREADS", text);
            SetEnvironment("OPENBLAS_NUM_THREADS", text);
        }
        torch.set_num_threads(count);
    }

    /// <summary>
    /// The device of this name: a trial should not be the first to find that there is none. On CUDA libtorch takes algorithms that give the same bits again, wherever it has one.
    /// Call it once, early: cuBLAS reads its own setting for that from the environment.
    /// </summary>
    /// <param name="name">cpu, cuda or cuda:0</param>
    /// <exception cref="InvalidDataException">That is no device, or not one that libtorch has here.</exception>
    public static torch.Device UseDevice(string name)
    {
        torch.Device device;
        try
        {
            device = torch.device(name);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"'{name}' is no device: write cpu, cuda or cuda:0", error);
        }
        if (device.type == DeviceType.CUDA && (!torch.cuda.is_available() || device.index >= torch.cuda.device_count()))
            throw new InvalidDataException($"the device '{name}' is not there: libtorch {Version} has {(torch.cuda.is_available() ? $"{torch.cuda.device_count()} CUDA device(s), from cuda:0 on" : "no CUDA device here; take cpu")}");
        if (device.type == DeviceType.CUDA)
        {
            SetEnvironment("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
            torch.use_deterministic_algorithms(true, warn_only: true);
        }
        return device;
    }

    /// <summary>
    /// The OPENBLAS_CORETYPE for a processor with these flags (/proc/cpuinfo): OpenBLAS takes its oldest kernels on processors it does not know.
    /// Null where its own choice should stand.
    /// </summary>
    public static string? BlasCoreFor(IReadOnlySet<string> cpuFlags)
    {
        if (cpuFlags.Contains("avx512f") && cpuFlags.Contains("avx512dq") && cpuFlags.Contains("avx512bw") && cpuFlags.Contains("avx512vl"))
            return "SKYLAKEX";
        return cpuFlags.Contains("avx2") && cpuFlags.Contains("fma") ? "HASWELL" : null;
    }

    /// <summary>
    /// The ONEDNN_MAX_CPU_ISA for a processor with these flags and this highest palette of tiles (CPUID leaf 0x1D). Some virtual machines offer AMX and hide the leaf that
    /// describes its tiles; oneDNN then runs tile instructions on tiles it never configured, which ends the process. Null where its own choice should stand.
    /// </summary>
    public static string? OneDnnLimitFor(IReadOnlySet<string> cpuFlags, int tilePalettes) =>
        cpuFlags.Contains("amx_tile") && tilePalettes == 0 ? "AVX512_CORE_BF16" : null;

    /// <summary>The most that oneDNN may use of the processor, as ONEDNN_MAX_CPU_ISA has it; null where oneDNN chooses.</summary>
    public static string? OneDnnLimit => Environment.GetEnvironmentVariable(OneDnnLimitVariable);

    /// <summary>
    /// Whether a product in bf16 on this processor is summed in fp32, as oneDNN's are (AVX-512, AMX). Elsewhere libtorch 1.13 goes through loops of its own that round at each
    /// addition: sums of 3,000 terms are wrong by six parts in a hundred, and take twenty times as long as in fp32. Tried once, not looked up.
    /// </summary>
    public static bool SumsBf16InFp32 => TrySums.Value;

    private static readonly Lazy<bool> TrySums = new(() =>
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var generator = new torch.Generator(1);
        var left = torch.randn([64, 1024], generator: generator).to(torch.bfloat16);
        var right = torch.randn([1024, 64], generator: generator).to(torch.bfloat16);
        var exact = left.to(torch.float32).matmul(right.to(torch.float32));
        return (left.matmul(right).to(torch.float32) - exact).norm().item<float>() < 0.005f * exact.norm().item<float>();
    });

    // Environment.SetEnvironmentVariable changes .NET's copy alone; native code reads the process's own.
    private static void SetEnvironment(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (setenv(name, value, 1) != 0)
            throw new InvalidOperationException($"cannot set {name}={value} in the environment");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
