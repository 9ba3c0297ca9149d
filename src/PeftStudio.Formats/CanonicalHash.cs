using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PeftStudio.Formats;

/// <summary>sha256 over typed values, so that no two sequences of values give the same bytes. Integers are little-endian; a text is a u32 length and its UTF-8 bytes.</summary>
internal sealed class CanonicalHash : IDisposable
{
    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        sha.AppendData(bytes);
    }

    public void Add(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        sha.AppendData(bytes);
    }

    public void Add(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        sha.AppendData(bytes);
    }

    public void Add(bool flag) => Add(flag ? 1 : 0);

    /// <summary>The bytes alone; their length is the caller's to add.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => sha.AppendData(bytes);

    /// <summary>Lower-case hexadecimal.</summary>
    public string Finish() => Convert.ToHexStringLower(sha.GetHashAndReset());

    public void Dispose() => sha.Dispose();
}
