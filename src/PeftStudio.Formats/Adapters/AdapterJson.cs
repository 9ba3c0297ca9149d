using System.Text.Json;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;

namespace PeftStudio.Formats.Adapters;

/// <summary>The manifest as text: the canonical form, with line breaks. Equal manifests give equal bytes; unknown, missing and repeated keys are refused.</summary>
public static class AdapterJson
{
    internal static readonly JsonSerializerOptions Options = new(CanonicalJson.Indented)
    {
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 32,
    };

    public static string Write(AdapterManifest manifest) => JsonSerializer.Serialize(manifest, Options) + "\n";

    /// <param name="json">the text</param>
    /// <param name="file">named in the error</param>
    /// <exception cref="InvalidDataException">Not JSON, not a manifest of this version, or one that contradicts itself.</exception>
    public static AdapterManifest Read(string json, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<AdapterManifest>(json, Options) ?? throw new InvalidDataException($"{file}: is null, not a manifest");
        }
        catch (JsonException e)
        {
            var place = e.Path is null or "$" ? "is no manifest, or not valid JSON" : $"'{BoundedText.Of(e.Path.Replace("$.", "", StringComparison.Ordinal))}'";
            throw new InvalidDataException($"{file}: {place}: {BoundedText.Of(e.Message)}", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidTaskException or InvalidOperationException)
        {
            // From the constructors of the values inside, and from text that holds half of a surrogate pair.
            throw new InvalidDataException($"{file}: {BoundedText.Of(e.Message)}", e);
        }
    }
}
