using System.Buffers.Binary;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// The fields of one Protocol Buffers message, one after the other, copied nowhere; every error names the file and the message.
/// Wire format: https://protobuf.dev/programming-guides/encoding. Groups, which SentencePiece has none of, are refused.
/// </summary>
internal ref struct ProtobufFields(string file, string message, ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    private ReadOnlySpan<byte> rest = bytes;
    private ReadOnlySpan<byte> content;
    private ulong number;
    private Wire wire;

    /// <summary>Of the field that <see cref="Next"/> has read.</summary>
    public int Field { get; private set; }

    public bool Next()
    {
        if (rest.IsEmpty)
            return false;
        var tag = Varint();
        if (tag >> 3 is 0 or > int.MaxValue)
            throw Damaged($"a field has the number {tag >> 3}");
        (Field, wire) = ((int)(tag >> 3), (Wire)(tag & 7));
        switch (wire)
        {
            case Wire.Varint:
                number = Varint();
                break;
            case Wire.Fixed64:
                Take(8);
                break;
            case Wire.Fixed32:
                Take(4);
                break;
            case Wire.Bytes:
                Take(Varint());
                break;
            default:
                throw Damaged($"field {Field} has the wire type {(int)wire}");
        }
        return true;
    }

    public readonly ReadOnlySpan<byte> Bytes(string name) => wire == Wire.Bytes ? content : throw Wrong(name, "bytes");

    public readonly bool Flag(string name) => Number(name) != 0;

    public readonly int Int(string name) => unchecked((int)Number(name));

    public readonly float Float(string name) => wire == Wire.Fixed32 ? BinaryPrimitives.ReadSingleLittleEndian(content) : throw Wrong(name, "a float");

    public readonly string Text(string name)
    {
        try
        {
            return StrictUtf8.GetString(Bytes(name));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{file}: '{message}.{name}' is not UTF-8", e);
        }
    }

    private readonly ulong Number(string name) => wire == Wire.Varint ? number : throw Wrong(name, "a number");

    private void Take(ulong length)
    {
        if (length > (ulong)rest.Length)
            throw Damaged($"field {Field} claims {length} bytes and {rest.Length} are left: it is truncated");
        content = rest[..(int)length];
        rest = rest[(int)length..];
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] >= 0x80)
                continue;
            rest = rest[(i + 1)..];
            return value;
        }
        throw Damaged("a number has no end");
    }

    private readonly InvalidDataException Wrong(string name, string wanted) => new($"{file}: '{message}.{name}' is not {wanted}");

    private readonly InvalidDataException Damaged(string reason) => new($"{file}: is not a SentencePiece model, or a damaged one: in '{message}' {reason}");
}
