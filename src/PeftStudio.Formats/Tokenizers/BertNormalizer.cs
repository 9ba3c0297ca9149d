using System.Globalization;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>BERT's cleaning of a text, in the order of the reference: control characters, Chinese characters, accents, case.</summary>
internal sealed record BertNormalizer(bool CleanText, bool HandleChineseChars, bool StripAccents, bool Lowercase)
{
    public string Normalize(string text)
    {
        var output = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
            if (rune.IsAscii)
                AddAscii((char)rune.Value, output);
            else
                Add(rune, output);
        return output.ToString();
    }

    private void AddAscii(char c, StringBuilder output)
    {
        if (!CleanText)
            output.Append(Lowercase ? char.ToLowerInvariant(c) : c);
        else if (c is '\t' or '\n' or '\r')
            output.Append(' ');
        else if (!char.IsControl(c))
            output.Append(Lowercase ? char.ToLowerInvariant(c) : c);
    }

    private void Add(Rune rune, StringBuilder output)
    {
        if (CleanText)
        {
            if (rune.Value == 0xFFFD || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse)
                return;
            if (Rune.IsWhiteSpace(rune))
                rune = new Rune(' ');
        }
        var chinese = HandleChineseChars && IsChinese(rune.Value);
        if (chinese)
            output.Append(' ');
        if (StripAccents && CanonicalDecomposition.TryGet(rune, out var parts))
            foreach (var part in parts)
                AddUnaccented(part, output);
        else if (StripAccents)
            AddUnaccented(rune, output);
        else
            AddLower(rune, output);
        if (chinese)
            output.Append(' ');
    }

    private void AddUnaccented(Rune rune, StringBuilder output)
    {
        if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            AddLower(rune, output);
    }

    private void AddLower(Rune rune, StringBuilder output)
    {
        if (!Lowercase)
            output.Append(rune);
        else if (rune.Value == 0x130) // the one letter whose lower case is two characters; .NET's invariant culture leaves it
            output.Append("i\u0307");
        else
            output.Append(Rune.ToLowerInvariant(rune));
    }

    // The ranges of the reference, 2B920 (for 2B820) included.
    private static bool IsChinese(int c) => c is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or
        (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
