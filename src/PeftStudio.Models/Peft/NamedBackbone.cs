using System.Text.Json;
using PeftStudio.Formats;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;

namespace PeftStudio.Models.Peft;

/// <summary>The backbone that another project's configuration names. A name is no proof of anything: where it is another than the backbone's own, a person is told, and the adapter is read.</summary>
internal static class NamedBackbone
{
    /// <param name="config">the adapter's</param>
    /// <param name="field">of the name: a hub's, with its owner or without, or a path</param>
    /// <param name="backbone">that the adapter is read for</param>
    /// <returns>a sentence where the names differ</returns>
    public static ValueList<string> Note(JsonFields config, string field, Backbone backbone)
    {
        if (config.StringOrNull(field) is not { } named || Last(named) is not { Length: > 0 } wanted)
            return [];
        var own = new[] { Last(backbone.Folder), Last(Recorded(backbone)) };
        return own.Contains(wanted, StringComparer.OrdinalIgnoreCase) ? []
            : [$"{config.File}: '{field}' is '{BoundedText.Of(named)}'; the backbone here is '{own[0]}'. Layers that it has and the adapter does not name stay as they are: make sure that it is the adapter's."];
    }

    private static string Last(string name) => name.TrimEnd('/', '\\').Split('/', '\\')[^1];

    /// <summary>What transformers wrote down of where a checkpoint came from.</summary>
    private static string Recorded(Backbone backbone) =>
        JsonFields.Read(Path.Join(backbone.Folder, "config.json")) is var config && config.Element.TryGetProperty("_name_or_path", out var name) && name.ValueKind == JsonValueKind.String
            ? config.Text("_name_or_path", name)
            : "";
}
