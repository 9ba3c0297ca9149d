using System.Collections;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PeftStudio.Search;

/// <summary>
/// The one JSON form of plans, designs and results: camelCase, declared order, enums as words, no white space, unknown keys refused.
/// Equal values give equal bytes, so a hash of the bytes is a hash of the value.
/// </summary>
public static class CanonicalJson
{
    public static readonly JsonSerializerOptions Options = Make(indented: false);

    /// <summary>The same form with line breaks, for files that people read.</summary>
    public static readonly JsonSerializerOptions Indented = Make(indented: true);

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"null is no {typeof(T).Name}");

    /// <summary>sha256 of the canonical bytes, lower-case hexadecimal.</summary>
    public static string Hash<T>(T value) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, Options)));

    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            if (property.AttributeProvider?.IsDefined(typeof(OmittedWhenEmptyAttribute), inherit: false) is true)
                property.ShouldSerialize = static (_, value) => value is not IEnumerable list || list.GetEnumerator().MoveNext();
    }

    private static JsonSerializerOptions Make(bool indented) => new(JsonSerializerDefaults.Web)
    {
        WriteIndented = indented,
        NewLine = "\n",
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutEmpty } },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNameCaseInsensitive = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}
