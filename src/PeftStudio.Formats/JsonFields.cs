using System.Text.Json;
using System.Text.Unicode;

namespace PeftStudio.Formats;

/// <summary>One object of a JSON file, read field by field; every error names the file and the field.</summary>
public readonly struct JsonFields
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly string path;

    private JsonFields(string file, string path, JsonElement element) => (File, this.path, Element) = (file, path, element);

    public string File { get; }

    public JsonElement Element { get; }

    /// <param name="file">the file's path</param>
    /// <param name="maxBytes">larger files are refused unread</param>
    /// <exception cref="InvalidDataException">The file is absent, too large, no JSON, or holds no object.</exception>
    public static JsonFields Read(string file, long maxBytes = 100_000_000)
    {
        var about = new FileInfo(file);
        if (!about.Exists)
            throw new InvalidDataException($"{file}: the file does not exist");
        if (about.Length > maxBytes)
            throw new InvalidDataException($"{file}: has {about.Length} bytes; at most {maxBytes} are read");
        return Parse(file, System.IO.File.ReadAllBytes(file));
    }

    public static JsonFields Parse(string file, ReadOnlyMemory<byte> json)
    {
        // A byte order mark is no JSON, but editors write it.
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        // The parser does not look into names and texts; reading one later would throw.
        if (!Utf8.IsValid(json.Span))
            throw new InvalidDataException($"{file}: is not valid JSON: it is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonFields(file, "", document.RootElement.Clone())
                : throw new InvalidDataException($"{file}: is not a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser reports half of a surrogate pair in a name as InvalidOperationException.
            throw new InvalidDataException($"{file}: is not valid JSON: {BoundedText.Of(e.Message)}", e);
        }
    }

    /// <summary>Present and not null.</summary>
    public bool Has(string name) => Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public JsonFields Object(string name) => new(File, Named(name), Value(name, JsonValueKind.Object));

    public JsonFields? ObjectOrNull(string name) => Has(name) ? Object(name) : null;

    public string String(string name) => Text(name, Value(name, JsonValueKind.String));

    /// <summary>An object of texts, field by field in the file's order. Asking for each by its name would search the object each time, which takes a large one's length squared.</summary>
    public IEnumerable<(string Name, string Value)> EachString()
    {
        foreach (var field in Element.EnumerateObject())
            yield return (field.Name, Text(field.Name, OfKind(field.Name, field.Value, JsonValueKind.String)));
    }

    /// <summary>An object of objects, as <see cref="EachString"/>.</summary>
    public IEnumerable<(string Name, JsonFields Value)> EachObject()
    {
        foreach (var field in Element.EnumerateObject())
            yield return (field.Name, new JsonFields(File, Named(field.Name), OfKind(field.Name, field.Value, JsonValueKind.Object)));
    }

    /// <summary>An object of numbers, as <see cref="EachString"/>.</summary>
    public IEnumerable<(string Name, double Value)> EachDouble(double min, double max)
    {
        foreach (var field in Element.EnumerateObject())
            yield return (field.Name, Number(field.Name, OfKind(field.Name, field.Value, JsonValueKind.Number), min, max));
    }

    public string? StringOrNull(string name) => Has(name) ? String(name) : null;

    public bool? BoolOrNull(string name) => !Has(name)
        ? null
        : Element.GetProperty(name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "must be true or false"),
        };

    public int Int(string name, int min = int.MinValue, int max = int.MaxValue) =>
        Value(name, JsonValueKind.Number).TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw Wrong(name, $"is {Element.GetProperty(name).GetRawText()}; a whole number from {min} to {max} is wanted");

    public int? IntOrNull(string name, int min = int.MinValue, int max = int.MaxValue) => Has(name) ? Int(name, min, max) : null;

    public double Double(string name, double min, double max) => Number(name, Value(name, JsonValueKind.Number), min, max);

    public double? DoubleOrNull(string name, double min, double max) => Has(name) ? Double(name, min, max) : null;

    public IEnumerable<JsonElement> Array(string name) => Value(name, JsonValueKind.Array).EnumerateArray();

    /// <summary>An array of objects.</summary>
    public IEnumerable<JsonFields> Objects(string name)
    {
        var (file, place, i) = (File, Named(name), 0);
        foreach (var item in Array(name))
        {
            if (item.ValueKind != JsonValueKind.Object)
                throw Wrong(name, $"holds something that is no object, at {i}");
            yield return new JsonFields(file, $"{place}[{i++}]", item);
        }
    }

    public IEnumerable<string> Strings(string name)
    {
        foreach (var item in Array(name))
            yield return item.ValueKind == JsonValueKind.String ? Text(name, item) : throw Wrong(name, "must hold strings alone");
    }

    public InvalidDataException Wrong(string name, string reason) => new($"{File}: '{BoundedText.Of(Named(name))}' {BoundedText.Of(reason)}");

    private string Named(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private JsonElement Value(string name, JsonValueKind kind)
    {
        if (!Has(name))
            throw Wrong(name, "is missing");
        return OfKind(name, Element.GetProperty(name), kind);
    }

    private JsonElement OfKind(string name, JsonElement value, JsonValueKind kind) =>
        value.ValueKind == kind ? value : throw Wrong(name, $"must be {Word(kind)}, not {Word(value.ValueKind)}");

    private double Number(string name, JsonElement value, double min, double max) =>
        value.TryGetDouble(out var number) && number >= min && number <= max
            ? number
            : throw Wrong(name, $"is {value.GetRawText()}; a number from {min} to {max} is wanted");

    /// <summary>A string inside the field, such as an item of its array.</summary>
    public string Text(string name, JsonElement value)
    {
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{File}: '{BoundedText.Of(Named(name))}' holds half of a surrogate pair", e);
        }
    }

    private static string Word(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
