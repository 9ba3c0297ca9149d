using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => Moved(type, null, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => Moved(null, device, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(type, device, copy, disposeAfter, non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(type, null, copy, disposeAfter, non_blocking);

        public Tensor cpu() => to(CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor type_as(Tensor tensor) => Native.Made(Native.pst_type_as(this, tensor, out var result), result);

        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            Native.Done(Native.pst_copy_(this, source, nonBlocking ? 1 : 0));
            return this;
        }

        private Tensor Moved(ScalarType? type, Device? device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var moved = Native.Made(
                Native.pst_to(this, Code(type), device is null ? -1 : (int)device.type, device?.index ?? -1, copy ? 1 : 0, nonBlocking ? 1 : 0, out var result), result);
            if (disposeAfter)
                Dispose();
            return moved;
        }
    }
}
