using System.Text;
using System.Text.Json;

namespace PeftStudio.Formats.Studies;

/// <summary>JSON text to the same nodes as YAML, so that both report errors alike.</summary>
internal static class JsonNodes
{
    public static TextNode Read(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        int[] breaks = [.. Enumerable.Range(0, bytes.Length).Where(at => bytes[at] == '\n')];
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = TextNode.MostDepth });
        try
        {
            reader.Read();
            var root = Node(ref reader, breaks);
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
            throw new UnreadableTextException(Place(reader.TokenStartIndex, breaks), "", e.Message);
        }
    }

    private static TextNode Node(ref Utf8JsonReader reader, int[] breaks)
    {
        var place = Place(reader.TokenStartIndex, breaks);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<TextNode>();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                    items.Add(Node(ref reader, breaks));
                return new TextNode.Sequence(place, items);
            case JsonTokenType.StartObject:
                var entries = new List<(TextPlace, string, TextNode)>();
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
                {
                    var (at, key) = (Place(reader.TokenStartIndex, breaks), reader.GetString() ?? "");
                    reader.Read();
                    entries.Add((at, key, Node(ref reader, breaks)));
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

    /// <param name="index">of a byte</param>
    /// <param name="breaks">where the lines end: counting them anew for each value would take the text's length squared</param>
    private static TextPlace Place(long index, int[] breaks)
    {
        var before = ~Array.BinarySearch(breaks, (int)index);
        return new TextPlace(before + 1, (int)index - (before == 0 ? -1 : breaks[before - 1]));
    }
}
