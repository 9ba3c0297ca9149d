using System.Runtime.InteropServices;

namespace PeftStudio.Formats.Safetensors;

/// <summary>Floating-point bytes, little-endian, to float32. F16 and BF16 convert exactly; F64 rounds to nearest.</summary>
public static class FloatConversion
{
    public static void ToFloats(SafetensorsType type, ReadOnlySpan<byte> bytes, Span<float> floats)
    {
        if (bytes.Length != (long)floats.Length * type.Size())
            throw new ArgumentException($"{bytes.Length} bytes of {type} do not fill {floats.Length} floats", nameof(bytes));
        switch (type)
        {
            case SafetensorsType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(floats));
                break;
            case SafetensorsType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (var i = 0; i < floats.Length; i++)
                    floats[i] = (float)halves[i];
                break;
            case SafetensorsType.BF16:
                // bfloat16 is the upper half of a float32.
                var words = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var i = 0; i < floats.Length; i++)
                    floats[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
                break;
            case SafetensorsType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (var i = 0; i < floats.Length; i++)
                    floats[i] = (float)doubles[i];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating-point type");
        }
    }
}
