using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace PeftStudio.Formats.Safetensors;

/// <summary>One tensor to be written: row-major, little-endian bytes whose length the shape fixes.</summary>
public sealed class SafetensorsTensor
{
    private readonly Func<ReadOnlyMemory<byte>> read;

    public SafetensorsTensor(string key, SafetensorsType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> bytes)
        : this(key, type, shape, () => bytes)
    {
        if (Length != bytes.Length)
            throw new ArgumentException(Unfit(bytes.Length), nameof(bytes));
    }

    private SafetensorsTensor(string key, SafetensorsType type, ImmutableArray<long> shape, Func<ReadOnlyMemory<byte>> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (string.Equals(key, "__metadata__", StringComparison.Ordinal))
            throw new ArgumentException("'__metadata__' is the format's own name, not a tensor's", nameof(key));
        Length = shape.Aggregate((long)type.Size(), (product, size) => size >= 0
            ? checked(product * size)
            : throw new ArgumentOutOfRangeException(nameof(shape), size, $"tensor '{key}': a size is negative"));
        (Key, Type, Shape, this.read) = (key, type, shape, read);
    }

    public string Key { get; }

    public SafetensorsType Type { get; }

    public ImmutableArray<long> Shape { get; }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    public ReadOnlyMemory<byte> Bytes => read() is var bytes && bytes.Length == Length ? bytes : throw new InvalidOperationException(Unfit(bytes.Length));

    /// <summary>A tensor whose bytes are made each time that they are wanted: a file of many then needs no second copy of all in memory.</summary>
    /// <param name="key">in the file</param>
    /// <param name="type">of an element</param>
    /// <param name="shape">row-major</param>
    /// <param name="read">gives as many bytes as type and shape want.</param>
    public static SafetensorsTensor Deferred(string key, SafetensorsType type, ImmutableArray<long> shape, Func<ReadOnlyMemory<byte>> read) => new(key, type, shape, read);

    public static SafetensorsTensor FromFloats(string key, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        new(key, SafetensorsType.F32, [.. shape], MemoryMarshal.AsBytes(values).ToArray());

    public float[] ToFloats()
    {
        var floats = new float[Bytes.Length / Type.Size()];
        FloatConversion.ToFloats(Type, Bytes.Span, floats);
        return floats;
    }

    private string Unfit(long bytes) => $"tensor '{Key}': {Type}[{string.Join(", ", Shape)}] needs {Length} bytes, not {bytes}";
}
