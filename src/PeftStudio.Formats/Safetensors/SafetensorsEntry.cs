using System.Collections.Immutable;

namespace PeftStudio.Formats.Safetensors;

/// <summary>Where one tensor lies. <see cref="Begin"/> counts from the end of the header, in bytes; <see cref="ByteLength"/> is the shape's product times the element's size.</summary>
public sealed class SafetensorsEntry
{
    internal SafetensorsEntry(string key, SafetensorsType type, ImmutableArray<long> shape, long begin, long byteLength) =>
        (Key, Type, Shape, Begin, ByteLength) = (key, type, shape, begin, byteLength);

    public string Key { get; }

    public SafetensorsType Type { get; }

    public ImmutableArray<long> Shape { get; }

    public long Begin { get; }

    public long ByteLength { get; }

    public long Count => ByteLength / Type.Size();

    public override string ToString() => $"{Key} {Type}[{string.Join(", ", Shape)}]";
}
