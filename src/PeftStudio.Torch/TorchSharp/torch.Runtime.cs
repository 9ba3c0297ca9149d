using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public static string __version__ => NativeRuntime.Version;

    public static int get_num_threads()
    {
        Native.Done(Native.pst_get_num_threads(out var count));
        return count;
    }

    /// <summary>Threads of one operation, OpenBLAS's included.</summary>
    public static void set_num_threads(int num) => Native.Done(Native.pst_set_num_threads(num));

    public static int get_num_interop_threads()
    {
        Native.Done(Native.pst_get_num_interop_threads(out var count));
        return count;
    }

    public static void set_num_interop_threads(int num) => Native.Done(Native.pst_set_num_interop_threads(num));

    public static bool are_deterministic_algorithms_enabled() => Native.Yes(Native.pst_get_deterministic(out var on), on);

    public static IDisposable use_deterministic_algorithms(bool mode = true, bool warn_only = false) => new DeterministicMode(mode, warn_only);

    public static bool cuda_is_available() => cuda.is_available();

    private sealed class DeterministicMode : IDisposable
    {
        private readonly bool _before = are_deterministic_algorithms_enabled();

        public DeterministicMode(bool on, bool warnOnly) => Native.Done(Native.pst_set_deterministic(on ? 1 : 0, warnOnly ? 1 : 0));

        public void Dispose() => Native.Done(Native.pst_set_deterministic(_before ? 1 : 0, warnOnly: 0));
    }

    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
    }

    public static class cuda
    {
        public static bool is_available() => Native.Yes(Native.pst_cuda_is_available(out var yes), yes);

        public static bool is_cudnn_available() => Native.Yes(Native.pst_cuda_cudnn_is_available(out var yes), yes);

        public static int device_count()
        {
            Native.Done(Native.pst_cuda_device_count(out var count));
            return count;
        }

        public static void manual_seed(long seed) => Native.Done(Native.pst_cuda_manual_seed(seed, all: 0));

        public static void manual_seed_all(long seed) => Native.Done(Native.pst_cuda_manual_seed(seed, all: 1));

        public static void synchronize(Device? device = null) => Native.Done(Native.pst_cuda_synchronize(device?.index ?? -1));
    }

    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                public static bool allow_tf32
                {
                    get => Native.Yes(Native.pst_get_allow_tf32(out var on), on);
                    set => Native.Done(Native.pst_set_allow_tf32(value ? 1 : 0));
                }
            }
        }
    }
}
