using System.Text.Json;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>One object of task.json, read key by key: a missing, mistyped or unknown key is named with its path.</summary>
internal sealed class JsonKeys
{
    private readonly JsonElement element;
    private readonly string path;
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    public JsonKeys(JsonElement element, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidTaskException(path.Length == 0 ? "the content is no JSON object" : $"'{path}' must be an object {{...}}");
        (this.element, this.path) = (element, path);
    }

    public string Text(string key) => OptionalText(key) ?? throw Missing(key);

    public string? OptionalText(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Mistyped(key, "text in quotes");

    public bool? OptionalBoolean(string key) => Find(key) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Mistyped(key, "true or false");

    public float Number(string key) => Find(key) is not { } value ? throw Missing(key)
        : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) ? number
        : throw Mistyped(key, "a number");

    public int Integer(string key) => OptionalInteger(key) ?? throw Missing(key);

    public int? OptionalInteger(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Mistyped(key, "a whole number");

    public ValueList<string>? OptionalTexts(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw Mistyped(key, "a list of texts, [\"...\", \"...\"]");
        return value.EnumerateArray().Select(item => item.GetString() ?? "").ToValueList();
    }

    public Column Column(string key) => OptionalColumn(key) ?? throw Missing(key);

    public Column? OptionalColumn(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? Placed(key, () => Tasks.Column.Named(value.GetString() ?? ""))
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var index) ? Placed(key, () => Tasks.Column.At(index))
        : throw Mistyped(key, "a column's name, or its number from 0");

    public JsonKeys Object(string key) => OptionalObject(key) ?? throw Missing(key);

    public JsonKeys? OptionalObject(string key) => Find(key) is not { } value ? null : new(value, PathOf(key));

    /// <summary>To be called last: refuses what nobody asked for.</summary>
    public void RefuseOthers()
    {
        foreach (var property in element.EnumerateObject())
            if (!asked.Contains(property.Name))
                throw new InvalidTaskException($"'{PathOf(property.Name)}' is unknown; the keys here are {string.Join(", ", asked)}");
    }

    public InvalidTaskException Missing(string key) => new($"'{PathOf(key)}' is missing");

    private InvalidTaskException Mistyped(string key, string expected) => new($"'{PathOf(key)}' must be {expected}");

    /// <summary>The value's own check does not know where it stands.</summary>
    private T Placed<T>(string key, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (InvalidTaskException error)
        {
            throw new InvalidTaskException($"'{PathOf(key)}': {error.Message}", error);
        }
    }

    private JsonElement? Find(string key)
    {
        asked.Add(key);
        return element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
