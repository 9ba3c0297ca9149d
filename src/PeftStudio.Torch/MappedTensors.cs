using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>Tensors from bytes as a file holds them (little endian, row-major): fp32, fp16, bf16, i64 and the other types of libtorch.</summary>
public static unsafe class MappedTensors
{
    /// <summary>A tensor with a copy of the bytes; their number must be the shape's.</summary>
    public static torch.Tensor Copy(ReadOnlySpan<byte> bytes, torch.ScalarType dtype, ReadOnlySpan<long> shape)
    {
#if TORCHSHARP
        return Compositions.Copy(bytes, dtype, shape);
#else
        fixed (byte* first = bytes)
            return Native.Made(Native.pst_from_bytes((nint)first, bytes.Length, shape, shape.Length, (int)dtype, out var result), result);
#endif
    }

    /// <summary>
    /// A tensor over a part of a memory map, without a copy; the map lives at least as long as the tensor and its views. It must not be written to
    /// where the map is read-only. A part that does not start at a multiple of the element's size is copied.
    /// </summary>
    public static torch.Tensor Map(SafeBuffer map, long offset, torch.ScalarType dtype, ReadOnlySpan<long> shape)
    {
        var length = Length(dtype, shape);
        if (offset < 0 || (ulong)offset + (ulong)length > map.ByteLength)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, FormattableString.Invariant($"{length} bytes from here do not fit in a map of {map.ByteLength}"));
        byte* start = null;
        map.AcquirePointer(ref start);
        try
        {
            var data = start + offset;
#if TORCHSHARP
            var copy = Compositions.Copy(new ReadOnlySpan<byte>(data, checked((int)length)), dtype, shape);
            map.ReleasePointer();
            return copy;
#else
            if ((nuint)data % (nuint)dtype.ElementSize() != 0 || length == 0)
            {
                var copy = Native.Made(Native.pst_from_bytes((nint)data, length, shape, shape.Length, (int)dtype, out var copied), copied);
                map.ReleasePointer();
                return copy;
            }
            var owner = GCHandle.Alloc(map);
            var status = Native.pst_from_memory((nint)data, shape, shape.Length, (int)dtype, &Release, GCHandle.ToIntPtr(owner), out var mapped);
            if (status != 0)
                owner.Free();
            return Native.Made(status, mapped);
#endif
        }
        catch
        {
            map.ReleasePointer();
            throw;
        }
    }

    private static long Length(torch.ScalarType dtype, ReadOnlySpan<long> shape)
    {
        var length = (long)dtype.ElementSize();
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            length = checked(length * size);
        }
        return length;
    }

#if !TORCHSHARP
    [UnmanagedCallersOnly]
    private static void Release(nint context)
    {
        var owner = GCHandle.FromIntPtr(context);
        ((SafeBuffer)owner.Target!).ReleasePointer();
        owner.Free();
    }
#endif
}
