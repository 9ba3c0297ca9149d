using System.Runtime.InteropServices.Marshalling;
using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers of its own; the same seed gives the same numbers.</summary>
    [NativeMarshalling(typeof(GeneratorMarshaller))]
    public sealed class Generator : IDisposable
    {
        private nint _handle;

        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            Native.Done(Native.pst_generator_new(seed, (int)this.device.type, this.device.index, out _handle));
        }

        private Generator(nint handle)
        {
            device = CPU;
            _handle = handle;
        }

        ~Generator() => Free();

        public static Generator Default
        {
            get
            {
                Native.Done(Native.pst_generator_default(out var handle));
                return new Generator(handle);
            }
        }

        public Device device { get; }

        public nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Generator manual_seed(long seed)
        {
            Native.Done(Native.pst_generator_set_seed(this, (ulong)seed));
            return this;
        }

        public long seed()
        {
            Native.Done(Native.pst_generator_seed(this, out var seed));
            return (long)seed;
        }

        public long initial_seed()
        {
            Native.Done(Native.pst_generator_initial_seed(this, out var seed));
            return (long)seed;
        }

        public Tensor get_state() => Native.Made(Native.pst_generator_get_state(this, out var state), state);

        public void set_state(Tensor value) => Native.Done(Native.pst_generator_set_state(this, value));

        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        private void Free()
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0)
                _ = Native.pst_generator_free(handle);
        }
    }

    /// <summary>Seeds libtorch's default generators, of the processor and of every device.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.Done(Native.pst_manual_seed((ulong)seed));
        return Generator.Default;
    }
}
