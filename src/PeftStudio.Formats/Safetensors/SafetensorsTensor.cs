using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace PeftStudio.Formats.Safetensors;

/// <summary>One tensor to be written: row-major, little-endian bytes whose length the shape fixes.</summary>
public sealed class SafetensorsTensor
{
    public SafetensorsTensor(string key, SafetensorsType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (string.Equals(key, "__metadata__", StringComparison.Ordinal))
            throw new ArgumentException("'__metadata__' is the format's own name, not a tensor's", nameof(key));
        var expected = shape.Aggregate((long)type.Size(), (product, size) => size >= 0
            ? checked(product * size)
            : throw new ArgumentOutOfRangeException(nameof(shape), size, $"tensor '{key}': a size is negative"));
        if (expected != bytes.Length)
            throw new ArgumentException($"tensor '{key}': {type}[{string.Join(", ", shape)}] needs {expected} bytes, not {bytes.Length}", nameof(bytes));
        (Key, Type, Shape, Bytes) = (key, type, shape, bytes);
    }

    public string Key { get; }

    public SafetensorsType Type { get; }

    public ImmutableArray<long> Shape { get; }

    public ReadOnlyMemory<byte> Bytes { get; }

    public static SafetensorsTensor FromFloats(string key, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        new(key, SafetensorsType.F32, [.. shape], MemoryMarshal.AsBytes(values).ToArray());

    public float[] ToFloats()
    {
        var floats = new float[Bytes.Length / Type.Size()];
        FloatConversion.ToFloats(Type, Bytes.Span, floats);
        return floats;
    }
}
