using System.Collections;
using System.Runtime.InteropServices;

namespace TorchSharp.Utils;

/// <summary>The values of a tensor on the processor, in row-major order.</summary>
public sealed class TensorAccessor<T> : IEnumerable<T>, IDisposable
    where T : unmanaged
{
    private readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("the tensor is not in the processor's memory: call cpu() first");
        _tensor = tensor;
    }

    public long Count => _tensor.numel();

    public T[] ToArray()
    {
        if (_tensor.is_contiguous())
            return MemoryMarshal.Cast<byte, T>(_tensor.bytes).ToArray();
        using var whole = _tensor.contiguous();
        return MemoryMarshal.Cast<byte, T>(whole.bytes).ToArray();
    }

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        using var whole = _tensor.contiguous();
        var values = MemoryMarshal.Cast<byte, T>(whole.bytes)[checked((int)tensorIndex)..];
        values[..Math.Min(values.Length, array.Length - arrayIndex)].CopyTo(array[arrayIndex..]);
    }

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var values = MemoryMarshal.Cast<byte, T>(_tensor.bytes)[checked((int)tensorIndex)..];
        var length = Math.Min(values.Length, array.Length - arrayIndex);
        array.Slice(arrayIndex, length).CopyTo(values);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
    }
}
