using System.Runtime.Intrinsics.X86;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

// What reads the process's number of threads, and what changes it, run in turn.
[Collection(nameof(NativeRuntimeTests))]
public sealed class NativeRuntimeTests
{
    [Fact]
    public void It_tells_what_it_runs_on()
    {
        Version.Parse(NativeRuntime.Version.Split('+')[0]).ShouldBeGreaterThanOrEqualTo(new Version(1, 13));
        __version__.ShouldBe(NativeRuntime.Version);
        NativeRuntime.Configuration.ShouldContain("ATen");
        NativeRuntime.LibraryPath.ShouldNotBeNull();
        NativeRuntime.IsLoaded.ShouldBeTrue();
        NativeRuntime.PeakDeviceMemory(0).ShouldBeGreaterThanOrEqualTo(0);
    }

    [Theory]
    [InlineData("avx2 fma avx512f avx512dq avx512bw avx512vl", "SKYLAKEX")]
    [InlineData("avx2 fma avx512f", "HASWELL")]
    [InlineData("avx2 fma", "HASWELL")]
    [InlineData("sse4_2", null)]
    public void The_BLAS_kernels_follow_the_processors_flags(string flags, string? core) =>
        NativeRuntime.BlasCoreFor(flags.Split(' ').ToHashSet(StringComparer.Ordinal)).ShouldBe(core);

    [Theory]
    [InlineData("avx512f amx_tile amx_bf16", 0, "AVX512_CORE_BF16")]
    [InlineData("avx512f amx_tile amx_bf16", 1, null)]
    [InlineData("avx512f avx512_bf16", 0, null)]
    public void Tiles_that_CPUID_does_not_describe_are_left_alone(string flags, int palettes, string? limit) =>
        NativeRuntime.OneDnnLimitFor(flags.Split(' ').ToHashSet(StringComparer.Ordinal), palettes).ShouldBe(limit);

    [Fact]
    public void A_device_that_is_not_there_is_refused_by_name()
    {
        NativeRuntime.UseDevice("cpu").type.ShouldBe(DeviceType.CPU);
        Should.Throw<InvalidDataException>(() => NativeRuntime.UseDevice("gpu")).Message.ShouldBe("'gpu' is no device: write cpu, cuda or cuda:0");
        Should.Throw<InvalidDataException>(() => NativeRuntime.UseDevice("cuda:99")).Message.ShouldContain("the device 'cuda:99' is not there: libtorch");
    }

    /// <summary>A processor without AVX-512 may have no products in bf16; with it (and then in spite of tiles that CPUID does not describe) it has.</summary>
    [Fact]
    public void With_AVX_512_products_in_bf16_are_summed_in_fp32()
    {
        Assert.SkipUnless(Avx512BW.VL.IsSupported && Avx512DQ.IsSupported, "this processor has no AVX-512");
        NativeRuntime.SumsBf16InFp32.ShouldBeTrue();
    }

    [Fact]
    public void OpenBLAS_took_the_kernels_that_were_chosen_for_it()
    {
        var core = NativeRuntime.BlasCore;
        Assert.SkipWhen(core.Length == 0, "libtorch does not run on OpenBLAS here");
        var chosen = Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE");
        Assert.SkipWhen(chosen is null, "no kernels were chosen for this processor");
        core.ToUpperInvariant().ShouldBe(chosen.ToUpperInvariant());
    }

    [Fact]
    public void Threads_are_set_for_every_thread_and_results_do_not_depend_on_the_thread()
    {
        get_num_threads().ShouldBe(2);
        using var x = randn(64, 64, generator: new Generator(3));
        using var expected = x.matmul(x).softmax(-1);
        var counts = new int[4];
        var same = new bool[4];
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            counts[i] = get_num_threads();
            same[i] = x.matmul(x).softmax(-1).Equals(expected);
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        counts.ShouldAllBe(count => count == 2);
        same.ShouldAllBe(yes => yes);
    }

    [Fact]
    public void Denormals_can_be_flushed()
    {
        using var scope = NewDisposeScope();
        var tiny = tensor([1e-42f]);
        var thread = new Thread(() =>
        {
            using var inner = NewDisposeScope();
            if (NativeRuntime.FlushDenormals(on: true))
                tiny.mul(1.5).item<float>().ShouldBe(0);
        });
        thread.Start();
        thread.Join();
        tiny.mul(1.5).item<float>().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Deterministic_algorithms_can_be_asked_for()
    {
        using (use_deterministic_algorithms())
            are_deterministic_algorithms_enabled().ShouldBeTrue();
        are_deterministic_algorithms_enabled().ShouldBeFalse();
    }
}
