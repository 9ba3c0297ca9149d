using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PeftStudio.Formats.Safetensors;

/// <summary>One tensor's bytes in a mapped file: read-only memory that neither moves nor goes away before <see cref="Dispose"/>. Little-endian, row-major, not necessarily aligned to its element.</summary>
public sealed class TensorBytes : IDisposable
{
    private readonly SafeBuffer buffer;
    private readonly long offset;
    private bool held;

    internal TensorBytes(SafetensorsEntry entry, SafeBuffer buffer, long offset)
    {
        (Entry, this.buffer, this.offset) = (entry, buffer, offset);
        buffer.DangerousAddRef(ref held);
    }

    public SafetensorsEntry Entry { get; }

    /// <summary>The map that holds the bytes, from <see cref="Offset"/> on: for readers that keep the map open themselves.</summary>
    public SafeBuffer Buffer => buffer;

    public long Offset => offset;

    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(!held, this);
            // The header's checks put offset and length inside the mapping, and the handle is held, so the address is good; a reference keeps this room free of pointers.
            ref var first = ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), buffer.DangerousGetHandle() + (nint)offset);
            return MemoryMarshal.CreateReadOnlySpan(ref first, (int)Entry.ByteLength);
        }
    }

    public float[] ToFloats()
    {
        var floats = new float[Entry.Count];
        FloatConversion.ToFloats(Entry.Type, Span, floats);
        return floats;
    }

    public void Dispose()
    {
        if (!held)
            return;
        held = false;
        buffer.DangerousRelease();
    }
}
