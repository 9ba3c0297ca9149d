using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace PeftStudio.Formats.Safetensors;

/// <summary>
/// A file's header, all checks done: 8 bytes of length (little-endian), that many bytes of JSON, then the tensors' bytes without gap or overlap.
/// Nothing is allocated for a length that the file's own size does not back. Format: https://github.com/huggingface/safetensors#format.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const int MaxBytes = 100_000_000;

    private SafetensorsHeader(long dataBegin, ImmutableSortedDictionary<string, string> metadata, ImmutableArray<SafetensorsEntry> entries) =>
        (DataBegin, Metadata, Entries) = (dataBegin, metadata, entries);

    public long DataBegin { get; }

    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>Sorted by key, ordinal.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; }

    /// <summary>The header's length, checked against the format's limit and the file's size.</summary>
    public static int CheckLength(string file, ReadOnlySpan<byte> firstEight, long fileLength)
    {
        if (firstEight.Length < 8)
            throw new SafetensorsException(file, null, $"{fileLength} bytes are too few for a safetensors file; copy it again");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(firstEight);
        if (length > MaxBytes)
            throw new SafetensorsException(file, null, $"the header claims {length} bytes, more than {MaxBytes}: not a safetensors file, or a damaged one");
        if ((long)length > fileLength - 8)
            throw new SafetensorsException(file, null, $"the header claims {length} bytes and the file has {fileLength - 8} after its length: it is truncated; copy it again");
        return (int)length;
    }

    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long fileLength)
    {
        if (json.Length < 2 || json[0] != (byte)'{')
            throw new SafetensorsException(file, null, "the header does not begin with '{': not a safetensors file");
        if (!Utf8.IsValid(json))
            throw new SafetensorsException(file, null, "the header is not valid UTF-8");
        try
        {
            var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            var entries = ReadEntries(file, json, metadata);
            CheckOffsets(file, entries, fileLength - 8 - json.Length);
            return new SafetensorsHeader(8 + json.Length, metadata.ToImmutable(), [.. entries.OrderBy(e => e.Key, StringComparer.Ordinal)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader reports an unpaired surrogate in an escape as InvalidOperationException.
            throw new SafetensorsException(file, null, $"the header is not valid JSON: {e.Message}", e);
        }
    }

    private static List<SafetensorsEntry> ReadEntries(string file, ReadOnlySpan<byte> json, ImmutableSortedDictionary<string, string>.Builder metadata)
    {
        var entries = new List<SafetensorsEntry>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        Next(ref reader);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString() ?? "";
            if (!keys.Add(key))
                throw new SafetensorsException(file, key, "stands in the header twice");
            if (Next(ref reader) != JsonTokenType.StartObject)
                throw new SafetensorsException(file, key, "its entry in the header is not an object");
            if (string.Equals(key, "__metadata__", StringComparison.Ordinal))
                ReadMetadata(file, ref reader, metadata);
            else
                entries.Add(ReadEntry(file, key, ref reader));
        }
        while (reader.Read())
            continue; // throws for anything but spaces behind the object
        return entries;
    }

    private static void ReadMetadata(string file, ref Utf8JsonReader reader, ImmutableSortedDictionary<string, string>.Builder metadata)
    {
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var name = reader.GetString() ?? "";
            if (Next(ref reader) != JsonTokenType.String)
                throw new SafetensorsException(file, "__metadata__", $"the value of '{name}' is not a string");
            if (!metadata.TryAdd(name, reader.GetString() ?? ""))
                throw new SafetensorsException(file, "__metadata__", $"'{name}' stands there twice");
        }
    }

    private static SafetensorsEntry ReadEntry(string file, string key, ref Utf8JsonReader reader)
    {
        string? typeName = null;
        List<long>? shape = null, offsets = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var field = reader.GetString();
            Next(ref reader);
            switch (field)
            {
                case "dtype" when typeName is null && reader.TokenType == JsonTokenType.String:
                    typeName = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(file, key, field, ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(file, key, field, ref reader);
                    break;
                default:
                    throw new SafetensorsException(file, key, $"the field '{field}' is unknown, repeated or of the wrong type");
            }
        }
        if (typeName is null || shape is null || offsets is null)
            throw new SafetensorsException(file, key, "dtype, shape or data_offsets is missing");
        if (!SafetensorsTypes.TryParse(typeName, out var type))
            throw new SafetensorsException(file, key, $"the dtype '{typeName}' is not supported; {string.Join(", ", Enum.GetNames<SafetensorsType>())} are");
        if (offsets.Count != 2 || offsets[0] > offsets[1])
            throw new SafetensorsException(file, key, "data_offsets must be two numbers, begin <= end");
        var bytes = ByteLength(file, key, type, shape);
        if (offsets[1] - offsets[0] != bytes)
            throw new SafetensorsException(file, key, $"{type}[{string.Join(", ", shape)}] needs {bytes} bytes, data_offsets give {offsets[1] - offsets[0]}");
        return new SafetensorsEntry(key, type, [.. shape], offsets[0], bytes);
    }

    private static List<long> ReadNumbers(string file, string key, string field, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new SafetensorsException(file, key, $"{field} is not an array");
        var numbers = new List<long>();
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw new SafetensorsException(file, key, $"{field} must hold whole numbers from 0 to {long.MaxValue}");
            numbers.Add(number);
        }
        return numbers;
    }

    private static long ByteLength(string file, string key, SafetensorsType type, List<long> shape)
    {
        try
        {
            var bytes = (long)type.Size();
            foreach (var size in shape)
                bytes = checked(bytes * size);
            return bytes;
        }
        catch (OverflowException e)
        {
            throw new SafetensorsException(file, key, "the product of its shape overflows", e);
        }
    }

    private static void CheckOffsets(string file, List<SafetensorsEntry> entries, long dataLength)
    {
        var end = 0L;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.ByteLength))
        {
            if (entry.Begin != end)
                throw new SafetensorsException(file, entry.Key, $"begins at {entry.Begin} where the one before ends at {end}: {(entry.Begin < end ? "they overlap" : "there is a gap")}");
            end = entry.Begin + entry.ByteLength;
            if (end > dataLength)
                throw new SafetensorsException(file, entry.Key, $"ends at {end} and the file holds {dataLength} bytes of tensors: it is truncated; copy it again");
        }
        if (end != dataLength)
            throw new SafetensorsException(file, null, $"{dataLength - end} bytes behind the last tensor belong to none");
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("it ends too early");
}
