using System.Globalization;
using System.Text.Json;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// The tokens that files beside a vocabulary list: added_tokens.json, added_tokens_decoder, additional_special_tokens. The reference cuts a text at each of them first; what
/// is read from vocabulary files alone does so at their own special tokens, so that any other is refused by name.
/// </summary>
internal static class ListedTokens
{
    private const string Remedy = "save the tokenizer as tokenizer.json, which says all of its tokens";

    // transformers 5 gives the last list its second name, where it may be an object too.
    private static readonly string[] Lists = ["additional_special_tokens", "extra_special_tokens"];

    /// <param name="folder">of the vocabulary</param>
    /// <param name="names">the settings beside it</param>
    /// <param name="own">the special tokens that are read</param>
    /// <param name="spacesCount">whether white space beside a token changes ids; it does not where it only divides words</param>
    /// <exception cref="InvalidDataException">A token that is none of the own ones, or has another id or other rules there.</exception>
    public static void Check(string folder, SpecialTokenNames names, IReadOnlyCollection<AddedToken> own, bool spacesCount)
    {
        var known = own.ToDictionary(token => token.Content, StringComparer.Ordinal);
        var file = Path.Join(folder, "added_tokens.json");
        if (File.Exists(file))
        {
            var fields = JsonFields.Read(file);
            foreach (var (token, id) in VocabularyFiles.ReadIds(fields))
                Require(known, fields, token, token, id);
        }
        if (names.Config?.ObjectOrNull("added_tokens_decoder") is { } decoder)
            foreach (var (id, token) in decoder.EachObject())
            {
                var ours = Require(known, decoder, id, token.String("content"), int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1);
                if (Rules(TokenizerJson.ReadAddedToken(token, ours.Content, ours.Id), spacesCount) != Rules(ours, spacesCount))
                    throw decoder.Wrong(id, $"gives '{BoundedText.Of(ours.Content)}' rules (single_word, lstrip, rstrip, normalized) that the vocabulary's own special tokens do not have; {Remedy}");
            }
        foreach (var settings in new[] { names.Config, names.Map }.OfType<JsonFields>())
            foreach (var list in Lists.Where(settings.Has))
                foreach (var token in Contents(settings, list))
                    Require(known, settings, list, token, id: null);
    }

    private static AddedToken Require(Dictionary<string, AddedToken> known, JsonFields fields, string key, string token, int? id)
    {
        if (!known.TryGetValue(token, out var ours))
            throw fields.Wrong(key, $"lists '{BoundedText.Of(token)}', which is no special token of the vocabulary: without it texts would get other ids; {Remedy}");
        return id is null || id == ours.Id ? ours : throw fields.Wrong(key, $"gives '{BoundedText.Of(token)}' another id than the vocabulary, {ours.Id}; {Remedy}");
    }

    // Where white space only divides words, a normaliser comes before, and the other way round.
    private static (bool, bool, bool) Rules(AddedToken token, bool spacesCount) =>
        spacesCount ? (token.SingleWord, token.LeftStrip, token.RightStrip) : (token.SingleWord, token.Normalized, false);

    private static IEnumerable<string> Contents(JsonFields settings, string list)
    {
        var value = settings.Element.GetProperty(list);
        var items = value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(token => token.Value) : settings.Array(list);
        return items.Select(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("content", out var content) ? content : item)
            .Select(item => item.ValueKind == JsonValueKind.String ? settings.Text(list, item) : throw settings.Wrong(list, "must hold tokens"));
    }
}
