using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>Files of tokenizers that are wrong in one place.</summary>
internal static class Damage
{
    // As a person would write it: characters that need no escape have none.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a tokenizer.json with another value at a place.</summary>
    /// <param name="json">changed</param>
    /// <param name="place">names with dots between</param>
    /// <param name="value">as JSON; null: the place is left out</param>
    public static string At(JsonObject json, string place, string? value)
    {
        var (at, names) = (json, place.Split('.'));
        foreach (var name in names[..^1])
            at = at[name] as JsonObject ?? throw new ArgumentException($"{place}: there is no {name}", nameof(place));
        if (value is null)
            at.Remove(names[^1]);
        else
            at[names[^1]] = JsonNode.Parse(value);
        return json.ToJsonString(Plain);
    }

    /// <summary>A folder with this one file is refused with a message that names the file first.</summary>
    public static void ShouldBeRefused(string name, byte[] bytes, string message)
    {
        using var folder = new TempFolder();
        folder.Write(name, bytes);
        var error = Should.Throw<InvalidDataException>(() => Tokenizer.FromFolder(folder.Path)).Message;
        error.ShouldStartWith(folder[name]);
        error.ShouldContain(message);
    }
}
