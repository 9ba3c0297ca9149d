using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

internal static unsafe partial class Native
{
    [LibraryImport(Library)] internal static partial int pst_last_error(byte* buffer, int capacity);
    [LibraryImport(Library)] internal static partial int pst_version(byte* buffer, int capacity, out int length);
    [LibraryImport(Library)] internal static partial int pst_configuration(byte* buffer, int capacity, out int length);
    [LibraryImport(Library)] internal static partial int pst_blas_core(byte* buffer, int capacity, out int length);
    [LibraryImport(Library)] internal static partial int pst_set_num_threads(int count);
    [LibraryImport(Library)] internal static partial int pst_get_num_threads(out int count);
    [LibraryImport(Library)] internal static partial int pst_set_num_interop_threads(int count);
    [LibraryImport(Library)] internal static partial int pst_get_num_interop_threads(out int count);
    [LibraryImport(Library)] internal static partial int pst_set_flush_denormal(int on, out int supported);
    [LibraryImport(Library)] internal static partial int pst_get_grad_enabled(out int on);
    [LibraryImport(Library)] internal static partial int pst_set_grad_enabled(int on);
    [LibraryImport(Library)] internal static partial int pst_set_deterministic(int on, int warnOnly);
    [LibraryImport(Library)] internal static partial int pst_get_deterministic(out int on);
    [LibraryImport(Library)] internal static partial int pst_set_allow_tf32(int on);
    [LibraryImport(Library)] internal static partial int pst_get_allow_tf32(out int on);
    [LibraryImport(Library)] internal static partial int pst_cuda_is_available(out int yes);
    [LibraryImport(Library)] internal static partial int pst_cuda_cudnn_is_available(out int yes);
    [LibraryImport(Library)] internal static partial int pst_cuda_device_count(out int count);
    [LibraryImport(Library)] internal static partial int pst_cuda_synchronize(long index);
    [LibraryImport(Library)] internal static partial int pst_cuda_manual_seed(long seed, int all);
    [LibraryImport(Library)] internal static partial int pst_cuda_peak_memory(int index, int reset, out long bytes);
    [LibraryImport(Library)] internal static partial int pst_generator_new(ulong seed, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int pst_generator_default(out nint result);
    [LibraryImport(Library)] internal static partial int pst_generator_free(nint self);
    [LibraryImport(Library)] internal static partial int pst_generator_set_seed(torch.Generator self, ulong seed);
    [LibraryImport(Library)] internal static partial int pst_generator_seed(torch.Generator self, out ulong seed);
    [LibraryImport(Library)] internal static partial int pst_generator_initial_seed(torch.Generator self, out ulong seed);
    [LibraryImport(Library)] internal static partial int pst_generator_get_state(torch.Generator self, out nint state);
    [LibraryImport(Library)] internal static partial int pst_generator_set_state(torch.Generator self, torch.Tensor state);
    [LibraryImport(Library)] internal static partial int pst_manual_seed(ulong seed);
}
