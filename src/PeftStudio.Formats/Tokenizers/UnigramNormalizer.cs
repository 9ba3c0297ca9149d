using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>What is done to a text before a unigram model sees it, in this order.</summary>
/// <param name="Characters">null: characters stay as they are</param>
/// <param name="StripLeft">white space at the start goes</param>
/// <param name="StripRight">white space at the end goes</param>
/// <param name="Spaces">what two and more spaces become; null: they stay</param>
internal sealed record UnigramNormalizer(PrecompiledCharacters? Characters, bool StripLeft = false, bool StripRight = false, string? Spaces = null)
{
    public string Normalize(string text)
    {
        if (Characters is not null)
            text = Characters.Normalize(text);
        if (StripLeft)
            text = text.TrimStart();
        if (StripRight)
            text = text.TrimEnd();
        return Spaces is null ? text : ReplaceRuns(text, Spaces);
    }

    public void AddTo(CanonicalHash hash)
    {
        hash.Add(Characters is not null);
        Characters?.AddTo(hash);
        hash.Add(StripLeft);
        hash.Add(StripRight);
        hash.Add(Spaces is not null);
        hash.Add(Spaces ?? "");
    }

    private static string ReplaceRuns(string text, string replacement)
    {
        var output = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && text[end] == ' ')
                end++;
            if (end - at >= 2)
                output.Append(replacement);
            else
                output.Append(text[at]);
            at = Math.Max(end, at + 1);
        }
        return output.ToString();
    }
}
