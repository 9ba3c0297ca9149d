using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats;

/// <summary>JSON Schemas (draft 2020-12) of the files that leave the studio, made from the very types that read and write them.</summary>
public static class JsonSchemas
{
    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };

    private static readonly JsonSerializerOptions Indented = new(CanonicalJson.Indented);

    /// <summary>The published schemas by name: study, plan (of a trial), results, adapter, export (of an adapter), task.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["adapter"] = Text("adapter.json of PeftStudio", Schema(typeof(AdapterManifest))),
        ["export"] = Text("export.json beside an exported adapter", Schema(typeof(ExportReport))),
        ["plan"] = Text("The plan of one trial", Schema(typeof(TrialPlan))),
        ["results"] = Text("The results of a study", Schema(typeof(StudyResults))),
        ["study"] = Text("The plan of a study", Schema(typeof(StudyPlan))),
        ["task"] = Text("task.json", TaskSchema()),
    };

    private static JsonNode Schema(Type type) => AdapterJson.Options.GetJsonSchemaAsNode(type, Exporting);

    private static string Text(string title, JsonNode schema)
    {
        var document = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (name, value) in schema.AsObject())
            document[name] = value?.DeepClone();
        // At the root null would be allowed wherever a reference type is.
        if (document["type"] is JsonArray)
            document["type"] = "object";
        return document.ToJsonString(Indented) + "\n";
    }

    /// <summary>Types with a converter of their own have no schema by themselves.</summary>
    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = context.TypeInfo.Type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>))
            return Nullable(context, new JsonObject { ["type"] = "array", ["items"] = Schema(type.GetGenericArguments()[0]) });
        if (type == typeof(TaskDefinition))
            return TaskSchema();
        return schema;
    }

    private static JsonObject Nullable(JsonSchemaExporterContext context, JsonObject schema)
    {
        if (context.PropertyInfo is { IsGetNullable: true })
            schema["type"] = new JsonArray("array", "null");
        return schema;
    }

    private static JsonObject TaskSchema()
    {
        var text = new JsonObject { ["type"] = "string" };
        var texts = new JsonObject { ["type"] = "array", ["items"] = text.DeepClone() };
        var column = new JsonObject { ["type"] = new JsonArray("string", "integer"), ["minimum"] = 0 };
        var number = new JsonObject { ["type"] = "number" };
        var integer = new JsonObject { ["type"] = "integer", ["minimum"] = 1 };
        return Record(
            ["name", "files", "columns", "metrics"],
            ("name", text), ("description", text),
            ("files", Record(["train", "dev"], ("train", text), ("dev", text))),
            ("format", Words("tsv", "csv", "jsonl")), ("header", new JsonObject { ["type"] = "boolean" }), ("quoting", Words("none", "rfc4180")),
            ("columns", Record(["text"], ("text", column), ("pair", column), ("label", column), ("target", column))),
            ("labels", texts), ("labelValues", texts),
            ("regression", Record(["min", "max"], ("min", number), ("max", number))),
            ("generation", Record(["maxTokens"], ("maxTokens", integer), ("beams", integer), ("prefix", text))),
            ("metrics", new JsonObject { ["type"] = "array", ["items"] = Words([.. Metrics.TaskMetricNames.All]) }));
    }

    private static JsonObject Words(params string[] words) => new() { ["enum"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };

    private static JsonObject Record(string[] required, params (string Name, JsonNode Schema)[] properties) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(properties.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Name, p.Schema.DeepClone()))),
        ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
        ["additionalProperties"] = false,
    };
}
