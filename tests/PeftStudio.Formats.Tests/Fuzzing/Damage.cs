using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace PeftStudio.Formats.Tests.Fuzzing;

/// <summary>Ways to spoil a file, drawn from a seeded generator.</summary>
internal sealed class Damage(int seed)
{
    private static readonly ulong[] Numbers =
        [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "2", "0.5", "-0.0", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "1e308", "1e999", "-1e999", "1e-999",
        "1" + new string('0', 400), new string('9', 5000), "\"\"", "\"x\"", "\"5\"", "\"\\ud800\"", "\"\\u0000\"", "\"..\"", "\"../../etc/passwd\"", "\"F64\"", "\"NaN\"",
        $"\"{new string('y', 20_000)}\"", "[]", "{}", "[1, \"a\", null, {}]", "[[\"\\udfff\", 1]]", "{\"a\": 1, \"a\": 2}", "{\"\\ud800\": 1}", "{\"type\": \"Sequence\"}",
        Nested(20), Nested(40), Nested(100_000), string.Concat(Enumerable.Repeat("{\"a\":", 2_000)),
    ];

    private readonly Random random = new(seed);

    /// <summary>One to four changes of bytes: bits, numbers, cuts, copies of one place at another.</summary>
    public byte[] OfBytes(byte[] real)
    {
        var bytes = real.ToArray();
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
            bytes = Once(bytes, random.Next(bytes.Length));
        return bytes;
    }

    /// <summary>One to three values or names of a JSON text become others, or bytes of it change.</summary>
    public byte[] OfJson(byte[] real)
    {
        if (random.Next(4) == 0)
            return OfBytes(real);
        var places = Places(real);
        var text = real.ToList();
        // From the end on, so that the places before stay where they are.
        foreach (var (start, length) in Enumerable.Range(0, random.Next(1, 4)).Select(_ => places[random.Next(places.Count)]).DistinctBy(p => p.Start).OrderByDescending(p => p.Start))
        {
            text.RemoveRange(start, Math.Min(length, text.Count - start));
            text.InsertRange(start, random.Next(5) switch
            {
                0 => [],
                1 => Copy(real, places[random.Next(places.Count)]),
                _ => Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]),
            });
        }
        return [.. text];
    }

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static byte[] Copy(byte[] real, (int Start, int Length) place) => real[place.Start..(place.Start + place.Length)];

    private byte[] Once(byte[] bytes, int at)
    {
        var length = Math.Min(random.Next(1, 200), bytes.Length - at);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(number, Numbers[random.Next(Numbers.Length)]);
                number[..Math.Min(random.Next(2) == 0 ? 4 : 8, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                return [.. bytes[..at], .. bytes.Skip(random.Next(bytes.Length)).Take(length), .. bytes[at..]];
            case 6:
                return [.. bytes[..at], .. bytes.Skip(random.Next(bytes.Length)).Take(length), .. bytes[(at + length)..]];
            default:
                bytes.AsSpan(at, Math.Min(length, 12)).Fill(0xFF);
                return bytes;
        }
    }

    /// <summary>Every name and every value, objects and arrays whole.</summary>
    private static List<(int Start, int Length)> Places(byte[] json)
    {
        var (places, open) = (new List<(int, int)>(), new Stack<int>());
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push((int)reader.TokenStartIndex);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    var start = open.Pop();
                    places.Add((start, (int)reader.BytesConsumed - start));
                    break;
                case JsonTokenType.PropertyName:
                    places.Add(((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2));
                    break;
                default:
                    places.Add(((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)));
                    break;
            }
        return places;
    }
}
