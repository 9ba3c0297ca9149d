using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using PeftStudio.Search;

namespace PeftStudio.Formats.Studies;

/// <summary>
/// Nodes to the canonical JSON of a type, key by key, collecting what is wrong with its place. Objects are built once on the way, so that what their constructors
/// refuse is reported at the object.
/// </summary>
internal sealed class NodeReading
{
    private readonly List<TextProblem> problems = [];

    public ValueList<TextProblem> Problems => problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column).ToValueList();

    public JsonNode? Value(TextNode node, Type type, bool nullable, string path)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        if (node is TextNode.Scalar { IsNull: true } empty && (wanted != typeof(string) || nullable || empty.Kind is ScalarKind.Null))
            return nullable ? null : Problem(node, path, $"has no value; give {Word(wanted)}, or leave the key out");
        if (wanted.IsGenericType && wanted.GetGenericTypeDefinition() == typeof(ValueList<>))
            return Sequence(node, wanted.GetGenericArguments()[0], path);
        var about = CanonicalJson.Options.GetTypeInfo(wanted);
        if (about.Kind is JsonTypeInfoKind.Object)
            return Mapping(node, about, path);
        return node is TextNode.Scalar scalar ? Scalar(scalar, wanted, path) : Problem(node, path, $"is {Word(node)}; {Word(wanted)} is wanted");
    }

    private JsonArray? Sequence(TextNode node, Type item, string path)
    {
        if (node is not TextNode.Sequence sequence)
        {
            Problem(node, path, $"is {Word(node)}; a list is wanted, as in [a, b]");
            return null;
        }

        return new JsonArray(sequence.Items.Select((one, i) => Value(one, item, nullable: false, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).ToArray());
    }

    private JsonObject? Mapping(TextNode node, JsonTypeInfo about, string path)
    {
        if (node is not TextNode.Mapping mapping)
        {
            Problem(node, path, $"is {Word(node)}; an object with the keys {Keys(about)} is wanted");
            return null;
        }

        var before = problems.Count;
        var found = new JsonObject();
        foreach (var (place, key, value) in mapping.Entries)
        {
            var inner = path.Length is 0 ? key : $"{path}.{key}";
            if (Readable(about).FirstOrDefault(one => string.Equals(one.Name, key, StringComparison.Ordinal)) is not { } property)
                problems.Add(new TextProblem(place.Line, place.Column, inner, $"there is no such key{Nearest(key, about)}; there are {Keys(about)}"));
            else if (found.ContainsKey(key))
                problems.Add(new TextProblem(place.Line, place.Column, inner, "the key is given twice; leave one"));
            else
                found[key] = Value(value, property.PropertyType, MayBeNull(property), inner);
        }

        foreach (var property in about.Properties.Where(one => one.IsRequired && !found.ContainsKey(one.Name)))
            Problem(node, path.Length is 0 ? property.Name : $"{path}.{property.Name}", $"is missing; give {Word(property.PropertyType)}");
        if (problems.Count == before)
            Build(node, found, about, path);
        return found;
    }

    private void Build(TextNode node, JsonObject found, JsonTypeInfo about, string path)
    {
        try
        {
            found.Deserialize(about);
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            Problem(node, path, e.Message);
        }
    }

    private JsonValue? Scalar(TextNode.Scalar scalar, Type wanted, string path)
    {
        JsonValue? value = null;
        var unquoted = scalar.Kind is ScalarKind.Plain or ScalarKind.Number;
        if (wanted == typeof(string))
            value = scalar.Kind is ScalarKind.Plain or ScalarKind.String ? JsonValue.Create(scalar.Text) : null;
        else if (wanted == typeof(bool))
            value = scalar.Kind is ScalarKind.Plain or ScalarKind.Boolean && bool.TryParse(scalar.Text, out var flag) ? JsonValue.Create(flag) : null;
        else if (wanted.IsEnum)
            value = Named(scalar.Text, wanted).All(word => Words(wanted).Contains(word, StringComparer.Ordinal)) ? JsonValue.Create(scalar.Text) : null;
        else if (wanted == typeof(double))
            value = unquoted && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? JsonValue.Create(real) : null;
        else if (wanted == typeof(int))
            value = unquoted && int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null;
        else if (wanted == typeof(long))
            value = unquoted && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) ? JsonValue.Create(large) : null;
        else
            throw new NotSupportedException($"{path}: no rule for values of {wanted}");
        if (value is null)
            Problem(scalar, path, $"'{scalar.Text}'{(scalar.Kind is ScalarKind.String && !wanted.IsEnum ? " in quotes" : "")} is not {Word(wanted)}");
        return value;
    }

    private JsonNode? Problem(TextNode node, string path, string message)
    {
        problems.Add(new TextProblem(node.Place.Line, node.Place.Column, path, message));
        return null;
    }

    /// <summary>A get-only property is set by the constructor, whose parameter says whether null is taken.</summary>
    private static bool MayBeNull(JsonPropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null
        || (!property.PropertyType.IsValueType && (property.AssociatedParameter?.IsNullable ?? property.IsSetNullable));

    /// <summary>Derived values are listed among a type's properties, though no text has them.</summary>
    private static IEnumerable<JsonPropertyInfo> Readable(JsonTypeInfo about) => about.Properties.Where(property => property.Get is not null || property.Set is not null);

    private static string Keys(JsonTypeInfo about) => string.Join(", ", Readable(about).Select(property => property.Name));

    private static string Nearest(string key, JsonTypeInfo about) =>
        Readable(about).Select(property => property.Name).FirstOrDefault(name =>
            name.StartsWith(key, StringComparison.OrdinalIgnoreCase) || key.StartsWith(name, StringComparison.OrdinalIgnoreCase)) is { } name
            ? $" (did you mean '{name}'?)"
            : "";

    /// <summary>The words of a text that may hold one, or several of a set: "query, value".</summary>
    private static string[] Named(string text, Type type) => IsSet(type) ? text.Split(',', StringSplitOptions.TrimEntries) : [text];

    private static bool IsSet(Type type) => type.IsDefined(typeof(FlagsAttribute), inherit: false);

    private static IEnumerable<string> Words(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName);

    private static string Word(TextNode node) => node switch
    {
        TextNode.Scalar { IsNull: true } => "nothing",
        TextNode.Scalar scalar => $"'{scalar.Text}'",
        TextNode.Sequence => "a list",
        _ => "an object",
    };

    private static string Word(Type type)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        return wanted == typeof(string) ? "text"
            : wanted == typeof(bool) ? "true or false"
            : wanted == typeof(double) ? "a number"
            : wanted == typeof(int) || wanted == typeof(long) ? $"a whole number{(wanted == typeof(int) ? " up to 2147483647" : "")}"
            : wanted.IsEnum ? $"{(IsSet(wanted) ? "one or more, with commas between, of" : "one of")} {string.Join(", ", Words(wanted))}"
            : wanted.IsGenericType ? "a list"
            : "an object";
    }
}
