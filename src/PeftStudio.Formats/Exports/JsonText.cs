using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Search;

namespace PeftStudio.Formats.Exports;

/// <summary>The JSON files of other projects as they write them: keys sorted, two spaces, a line break at the end.</summary>
public static class JsonText
{
    private static readonly JsonSerializerOptions Options = new(CanonicalJson.Indented);

    public static void WriteSorted(string path, JsonObject value) => File.WriteAllText(path, Sorted(value).ToJsonString(Options) + "\n");

    /// <summary>A number that Python reads as a float: 1 as 1.0. Some of its readers take an integer for something else.</summary>
    public static JsonNode? Float(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0");
    }

    private static JsonObject Sorted(JsonObject value) =>
        new(value.OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => KeyValuePair.Create(property.Key, Inner(property.Value))));

    private static JsonNode? Inner(JsonNode? node) => node switch
    {
        JsonObject value => Sorted(value),
        JsonArray values => new JsonArray([.. values.Select(Inner)]),
        _ => node?.DeepClone(),
    };
}
