using System.Text.Json;

namespace PeftStudio.Formats.Tests;

/// <summary>As much of JSON Schema as the published ones use; anything else in a schema is an error.</summary>
internal static class SchemaCheck
{
    private static readonly string[] Known = ["$schema", "title", "type", "properties", "required", "additionalProperties", "items", "enum", "format", "default", "minimum", "pattern"];

    /// <summary>What is wrong with the value, each with its place.</summary>
    public static IReadOnlyList<string> Problems(JsonElement schema, JsonElement value, string place = "$")
    {
        var problems = new List<string>();
        if (schema.ValueKind != JsonValueKind.Object)
            return [$"{place}: the schema says nothing ({schema.GetRawText()})"];
        foreach (var keyword in schema.EnumerateObject().Where(k => !Known.Contains(k.Name)))
            problems.Add($"{place}: the schema has '{keyword.Name}'");
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Fits(t, value)))
            problems.Add($"{place}: {value.ValueKind} is not {type.GetRawText()}");
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(w => JsonElement.DeepEquals(w, value)))
            problems.Add($"{place}: {value.GetRawText()} is none of {words.GetRawText()}");
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
            problems.AddRange(value.EnumerateArray().SelectMany((item, i) => Problems(items, item, $"{place}[{i}]")));
        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            foreach (var member in value.EnumerateObject())
                problems.AddRange(properties.TryGetProperty(member.Name, out var inner) ? Problems(inner, member.Value, $"{place}.{member.Name}")
                    : schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.False ? [$"{place}.{member.Name}: unknown"] : []);
            if (schema.TryGetProperty("required", out var required))
                problems.AddRange(required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString() ?? "", out _)).Select(r => $"{place}.{r}: missing"));
        }
        return problems;
    }

    private static IEnumerable<string?> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()) : [type.GetString()];

    private static bool Fits(string? type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => false,
    };
}
