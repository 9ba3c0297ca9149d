using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

internal static unsafe partial class Native
{
    [LibraryImport(Library)] internal static partial int pst_empty(ReadOnlySpan<long> sizes, int dims, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_zeros(ReadOnlySpan<long> sizes, int dims, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_full(ReadOnlySpan<long> sizes, int dims, in Number value, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_arange(in Number start, in Number stop, in Number step, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_eye(long rows, long columns, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_rand(ReadOnlySpan<long> sizes, int dims, torch.Generator? generator, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_randn(ReadOnlySpan<long> sizes, int dims, torch.Generator? generator, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_randint(long low, long high, ReadOnlySpan<long> sizes, int dims, torch.Generator? generator, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_randperm(long n, torch.Generator? generator, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_like(torch.Tensor self, int fill, int dtype, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_from_bytes(nint bytes, long length, ReadOnlySpan<long> sizes, int dims, int dtype, out nint result);
    [LibraryImport(Library)] internal static partial int pst_from_memory(nint data, ReadOnlySpan<long> sizes, int dims, int dtype, delegate* unmanaged<nint, void> release, nint context, out nint result);
    [LibraryImport(Library)] internal static partial int pst_bernoulli_(torch.Tensor self, double p, torch.Generator? generator);
    [LibraryImport(Library)] internal static partial int pst_bernoulli(torch.Tensor self, torch.Generator? generator, out nint result);
    [LibraryImport(Library)] internal static partial int pst_normal_(torch.Tensor self, double mean, double std, torch.Generator? generator);
    [LibraryImport(Library)] internal static partial int pst_uniform_(torch.Tensor self, double from, double to, torch.Generator? generator);
}
