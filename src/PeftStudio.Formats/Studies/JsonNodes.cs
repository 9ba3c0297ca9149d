using System.Text;
using System.Text.Json;

namespace PeftStudio.Formats.Studies;

/// <summary>JSON text to the same nodes as YAML, so that both report errors alike.</summary>
internal static class JsonNodes
{
    public static TextNode Read(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = TextNode.MostDepth });
        try
        {
            reader.Read();
            var root = Node(ref reader, bytes);
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            throw new UnreadableTextException(new TextPlace((int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1), "", $"this is no JSON: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair, the one text that is valid JSON and no string.
            throw new UnreadableTextException(Place(reader.TokenStartIndex, bytes), "", e.Message);
        }
    }

    private static TextNode Node(ref Utf8JsonReader reader, byte[] bytes)
    {
        var place = Place(reader.TokenStartIndex, bytes);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<TextNode>();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                    items.Add(Node(ref reader, bytes));
                return new TextNode.Sequence(place, items);
            case JsonTokenType.StartObject:
                var entries = new List<(TextPlace, string, TextNode)>();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
                {
                    var (at, key) = (Place(reader.TokenStartIndex, bytes), reader.GetString() ?? "");
                    reader.Read();
                    entries.Add((at, key, Node(ref reader, bytes)));
                }

                return new TextNode.Mapping(place, entries);
            case JsonTokenType.String:
                return new TextNode.Scalar(place, reader.GetString() ?? "", ScalarKind.String);
            default:
                var kind = reader.TokenType switch
                {
                    JsonTokenType.Number => ScalarKind.Number,
                    JsonTokenType.Null => ScalarKind.Null,
                    _ => ScalarKind.Boolean,
                };
                return new TextNode.Scalar(place, Encoding.UTF8.GetString(reader.ValueSpan), kind);
        }
    }

    private static TextPlace Place(long index, byte[] bytes)
    {
        var before = bytes.AsSpan(0, (int)index);
        var line = before.Count((byte)'\n');
        return new TextPlace(line + 1, before.Length - before.LastIndexOf((byte)'\n'));
    }
}
