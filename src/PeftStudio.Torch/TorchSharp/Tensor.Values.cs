using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>The memory of a contiguous tensor on the processor.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                var length = checked((int)(numel() * ElementSize));
                return new Span<byte>((void*)Memory(), length);
            }
            set
            {
                if (value.Length != numel() * ElementSize)
                    throw new ArgumentException(FormattableString.Invariant($"{value.Length} bytes for a tensor of {numel() * ElementSize}"), nameof(value));
                value.CopyTo(bytes);
            }
        }

        public Utils.TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            CheckType<T>();
            return new Utils.TensorAccessor<T>(this);
        }

        /// <summary>The value of a tensor of one element, whose type T must be.</summary>
        public T item<T>()
            where T : unmanaged
        {
            CheckType<T>();
            if (numel() != 1)
                throw new InvalidOperationException(FormattableString.Invariant($"item() wants a tensor of one element, this one has {numel()}"));
            Native.Done(Native.pst_item(this, out var value));
            object boxed = dtype switch
            {
                ScalarType.Bool => value.Integral != 0,
                ScalarType.Byte => (byte)value.Integral,
                ScalarType.Int8 => (sbyte)value.Integral,
                ScalarType.Int16 => (short)value.Integral,
                ScalarType.Int32 => (int)value.Integral,
                ScalarType.Int64 => value.Integral,
                ScalarType.Float16 => (Half)value.Floating,
                ScalarType.Float32 => (float)value.Floating,
                _ => value.Floating,
            };
            return (T)boxed;
        }

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Native.Yes(Native.pst_allclose(this, target, rtol, atol, equal_nan ? 1 : 0, out var yes), yes);

        public static explicit operator float(Tensor value) => value.ToSingle();

        public static explicit operator double(Tensor value) => value.ToDouble();

        public static explicit operator int(Tensor value) => value.ToInt32();

        public static explicit operator long(Tensor value) => value.ToInt64();

        public static explicit operator bool(Tensor value) => value.ToBoolean();

        internal nint Memory()
        {
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException("the tensor is not in the processor's memory: call cpu() first");
            if (!is_contiguous())
                throw new InvalidOperationException("the tensor is not contiguous: call contiguous() first");
            Native.Done(Native.pst_data(this, out var data));
            return data;
        }

        internal Number Read()
        {
            Native.Done(Native.pst_item(this, out var value));
            return value;
        }

        private void CheckType<T>()
        {
            var fits = dtype switch
            {
                ScalarType.Bool => typeof(T) == typeof(bool),
                ScalarType.Byte => typeof(T) == typeof(byte),
                ScalarType.Int8 => typeof(T) == typeof(sbyte),
                ScalarType.Int16 => typeof(T) == typeof(short),
                ScalarType.Int32 => typeof(T) == typeof(int),
                ScalarType.Int64 => typeof(T) == typeof(long),
                ScalarType.Float16 => typeof(T) == typeof(Half),
                ScalarType.Float32 => typeof(T) == typeof(float),
                ScalarType.Float64 => typeof(T) == typeof(double),
                _ => false,
            };
            if (!fits)
                throw new InvalidOperationException($"the tensor's type is {dtype}, which {typeof(T).Name} cannot read: convert it with to_type() first");
        }
    }
}
