using System.Buffers.Binary;
using System.Text;

namespace PeftStudio.Formats.Tests.Safetensors;

/// <summary>A safetensors file from its parts, right or wrong.</summary>
internal static class RawFile
{
    public static byte[] Of(string header, int dataBytes) => Of(Encoding.UTF8.GetBytes(header), (ulong)Encoding.UTF8.GetByteCount(header), dataBytes);

    public static byte[] Of(byte[] header, ulong claimed, int dataBytes)
    {
        var file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimed);
        header.CopyTo(file, 8);
        return file;
    }
}
