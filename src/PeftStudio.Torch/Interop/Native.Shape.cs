using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

internal static unsafe partial class Native
{
    [LibraryImport(Library)] internal static partial int pst_view(torch.Tensor self, ReadOnlySpan<long> sizes, int dims, out nint result);
    [LibraryImport(Library)] internal static partial int pst_reshape(torch.Tensor self, ReadOnlySpan<long> sizes, int dims, out nint result);
    [LibraryImport(Library)] internal static partial int pst_expand(torch.Tensor self, ReadOnlySpan<long> sizes, int dims, out nint result);
    [LibraryImport(Library)] internal static partial int pst_permute(torch.Tensor self, ReadOnlySpan<long> order, int dims, out nint result);
    [LibraryImport(Library)] internal static partial int pst_repeat(torch.Tensor self, ReadOnlySpan<long> sizes, int dims, out nint result);
    [LibraryImport(Library)] internal static partial int pst_transpose(torch.Tensor self, long dim0, long dim1, out nint result);
    [LibraryImport(Library)] internal static partial int pst_flatten(torch.Tensor self, long start, long end, out nint result);
    [LibraryImport(Library)] internal static partial int pst_unsqueeze(torch.Tensor self, long dim, out nint result);
    [LibraryImport(Library)] internal static partial int pst_squeeze(torch.Tensor self, out nint result);
    [LibraryImport(Library)] internal static partial int pst_squeeze_at(torch.Tensor self, long dim, out nint result);
    [LibraryImport(Library)] internal static partial int pst_narrow(torch.Tensor self, long dim, long start, long length, out nint result);
    [LibraryImport(Library)] internal static partial int pst_slice(torch.Tensor self, long dim, long start, long finish, long step, out nint result);
    [LibraryImport(Library)] internal static partial int pst_select(torch.Tensor self, long dim, long index, out nint result);
    [LibraryImport(Library)] internal static partial int pst_index_select(torch.Tensor self, long dim, torch.Tensor index, out nint result);
    [LibraryImport(Library)] internal static partial int pst_index_add_(torch.Tensor self, long dim, torch.Tensor index, torch.Tensor source, in Number alpha);
    [LibraryImport(Library)] internal static partial int pst_gather(torch.Tensor self, long dim, torch.Tensor index, out nint result);
    [LibraryImport(Library)] internal static partial int pst_scatter_(torch.Tensor self, long dim, torch.Tensor index, torch.Tensor source);
    [LibraryImport(Library)] internal static partial int pst_masked_fill(torch.Tensor self, torch.Tensor mask, in Number value, out nint result);
    [LibraryImport(Library)] internal static partial int pst_masked_fill_(torch.Tensor self, torch.Tensor mask, in Number value);
    [LibraryImport(Library)] internal static partial int pst_where(torch.Tensor condition, torch.Tensor self, torch.Tensor other, out nint result);
    [LibraryImport(Library)] internal static partial int pst_tril(torch.Tensor self, long diagonal, out nint result);
    [LibraryImport(Library)] internal static partial int pst_triu(torch.Tensor self, long diagonal, out nint result);
    [LibraryImport(Library)] internal static partial int pst_flip(torch.Tensor self, ReadOnlySpan<long> dims, int count, out nint result);
    [LibraryImport(Library)] internal static partial int pst_cat(nint* tensors, int count, long dim, out nint result);
    [LibraryImport(Library)] internal static partial int pst_stack(nint* tensors, int count, long dim, out nint result);
    [LibraryImport(Library)] internal static partial int pst_copy_(torch.Tensor self, torch.Tensor source, int nonBlocking);
    [LibraryImport(Library)] internal static partial int pst_to(torch.Tensor self, int dtype, int deviceType, int deviceIndex, int copy, int nonBlocking, out nint result);
}
