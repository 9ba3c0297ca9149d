using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

internal static unsafe partial class Native
{
    [LibraryImport(Library)] internal static partial int pst_free(nint self);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_sizes(torch.Tensor self, long* buffer, int capacity, out int count);
    [LibraryImport(Library)] internal static partial int pst_strides(torch.Tensor self, long* buffer, int capacity, out int count);
    [LibraryImport(Library)] internal static partial int pst_size(torch.Tensor self, long dim, out long size);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_dim(torch.Tensor self, out long dim);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_numel(torch.Tensor self, out long count);
    [LibraryImport(Library)] internal static partial int pst_storage_offset(torch.Tensor self, out long offset);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_dtype(torch.Tensor self, out int dtype);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_device(torch.Tensor self, out int type, out int index);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_is_contiguous(torch.Tensor self, out int yes);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_is_leaf(torch.Tensor self, out int yes);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_data(torch.Tensor self, out nint data);
    [LibraryImport(Library)] internal static partial int pst_item(torch.Tensor self, out Number value);
    [LibraryImport(Library)] internal static partial int pst_equal(torch.Tensor self, torch.Tensor other, out int yes);
    [LibraryImport(Library)] internal static partial int pst_allclose(torch.Tensor self, torch.Tensor other, double rtol, double atol, int equalNan, out int yes);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int pst_requires_grad(torch.Tensor self, out int yes);
    [LibraryImport(Library)] internal static partial int pst_set_requires_grad(torch.Tensor self, int on);
    [LibraryImport(Library)] internal static partial int pst_retain_grad(torch.Tensor self);
    [LibraryImport(Library)] internal static partial int pst_grad(torch.Tensor self, out nint result);
    [LibraryImport(Library)] internal static partial int pst_set_grad(torch.Tensor self, torch.Tensor? grad);
    [LibraryImport(Library)] internal static partial int pst_backward(nint* tensors, int count, nint* grads, int gradCount, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)] internal static partial int pst_autograd_grad(nint* outputs, int count, nint* inputs, int inputCount, nint* grads, int gradCount, int retainGraph, int createGraph, int allowUnused, nint* results);
}
