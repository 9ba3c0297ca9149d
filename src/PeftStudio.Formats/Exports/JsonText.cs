using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Search;

namespace PeftStudio.Formats.Exports;

/// <summary>The JSON files of other projects as they write them: keys sorted, two spaces, a line break at the end.</summary>
public static class JsonText
{
    private static readonly JsonSerializerOptions Options = new(CanonicalJson.Indented);

    public static void WriteSorted(string path, JsonObject value) => File.WriteAllText(path, Sorted(value).ToJsonString(Options) + "\n");

    private static JsonObject Sorted(JsonObject value) =>
        new(value.OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => KeyValuePair.Create(property.Key, Inner(property.Value))));

    private static JsonNode? Inner(JsonNode? node) => node switch
    {
        JsonObject value => Sorted(value),
        JsonArray values => new JsonArray([.. values.Select(Inner)]),
        _ => node?.DeepClone(),
    };
}
