using System.Globalization;
using System.Runtime.InteropServices.Marshalling;
using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    [NativeMarshalling(typeof(TensorMarshaller))]
    public sealed partial class Tensor : IDisposable
    {
        private static long s_live;
        private static long s_peak;
        private nint _handle;

        internal Tensor(nint handle)
        {
            _handle = handle;
            var live = Interlocked.Increment(ref s_live);
            if (live > Interlocked.Read(ref s_peak))
                Interlocked.Exchange(ref s_peak, live);
            DisposeScope.Adopt(this);
        }

        ~Tensor() => Free();

        /// <summary>Tensors made and not yet freed.</summary>
        public static long TotalCount => Interlocked.Read(ref s_live);

        public static long PeakCount => Interlocked.Read(ref s_peak);

        public nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Tensor), "the tensor was disposed, or its scope was");

        public bool IsInvalid => _handle == 0;

        internal DisposeScope? Scope { get; set; }

        public void Dispose()
        {
            Scope?.MarkAsDisposed(this);
            Free();
            GC.SuppressFinalize(this);
        }

        /// <summary>Leaves its scope; from here on the caller frees it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            Scope?.Detach(this);
            return this;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            other.Attach(this);
            return this;
        }

        public override string ToString() => IsInvalid
            ? "a disposed tensor"
            : string.Create(CultureInfo.InvariantCulture, $"[{string.Join("x", shape)}], type = {dtype}, device = {device}");

        /// <summary>Same shape and values.</summary>
        public bool Equals(Tensor target) => Native.Yes(Native.pst_equal(this, target, out var yes), yes);

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public override int GetHashCode() => Handle.GetHashCode();

        private void Free()
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0)
                return;
            _ = Native.pst_free(handle);
            Interlocked.Decrement(ref s_live);
        }
    }
}
