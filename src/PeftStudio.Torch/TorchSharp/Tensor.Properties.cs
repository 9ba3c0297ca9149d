using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        private const int MostDimensions = 16;

        public unsafe long[] shape
        {
            get
            {
                var sizes = stackalloc long[MostDimensions];
                Native.Done(Native.pst_sizes(this, sizes, MostDimensions, out var count));
                return new ReadOnlySpan<long>(sizes, count).ToArray();
            }
        }

        public long[] size() => shape;

        public long size(int dim)
        {
            Native.Done(Native.pst_size(this, dim, out var size));
            return size;
        }

        public unsafe long[] stride()
        {
            var strides = stackalloc long[MostDimensions];
            Native.Done(Native.pst_strides(this, strides, MostDimensions, out var count));
            return new ReadOnlySpan<long>(strides, count).ToArray();
        }

        public long ndim => dim();

        public long Dimensions => dim();

        public long dim()
        {
            Native.Done(Native.pst_dim(this, out var dim));
            return dim;
        }

        public long numel()
        {
            Native.Done(Native.pst_numel(this, out var count));
            return count;
        }

        public long NumberOfElements => numel();

        public long ElementSize => dtype.ElementSize();

        public long element_size() => ElementSize;

        public long storage_offset()
        {
            Native.Done(Native.pst_storage_offset(this, out var offset));
            return offset;
        }

        public ScalarType dtype
        {
            get
            {
                Native.Done(Native.pst_dtype(this, out var dtype));
                return (ScalarType)dtype;
            }
        }

        public Device device
        {
            get
            {
                Native.Done(Native.pst_device(this, out var type, out var index));
                return type == 0 ? CPU : new Device((DeviceType)type, index);
            }
        }

        public DeviceType device_type
        {
            get
            {
                Native.Done(Native.pst_device(this, out var type, out _));
                return (DeviceType)type;
            }
        }

        public int device_index
        {
            get
            {
                Native.Done(Native.pst_device(this, out _, out var index));
                return index;
            }
        }

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_contiguous() => Native.Yes(Native.pst_is_contiguous(this, out var yes), yes);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_integral() => torch.is_integral(dtype);
    }
}
