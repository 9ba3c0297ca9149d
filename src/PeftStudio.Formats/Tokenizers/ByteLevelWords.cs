using System.Globalization;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// GPT-2's split into words, <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, by hand: one pass, no backtracking.
/// Every character belongs to exactly one word.
/// </summary>
internal static class ByteLevelWords
{
    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>The length of the word at the start of a non-empty text.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is > 0 and var contraction)
            return contraction;
        var kind = KindAt(text, 0, out var length);
        if (kind != Kind.Space)
            return Run(text, 0, kind);
        if (text[0] == ' ' && text.Length > 1 && KindAt(text, 1, out _) is not Kind.Space and var next)
            return Run(text, 1, next);
        var end = Run(text, 0, Kind.Space);
        // All spaces are one character long in UTF-16. The last one before a word is left to it, or stands alone.
        return end == text.Length || end == length ? end : end - 1;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        if (text.Length > 1 && (text[1] is 's' or 't' or 'm' or 'd'))
            return 2;
        return text.Length > 2 && (text[1..3] is "re" or "ve" or "ll") ? 3 : 0;
    }

    private static int Run(ReadOnlySpan<char> text, int start, Kind kind)
    {
        var end = start;
        while (end < text.Length && KindAt(text, end, out var length) == kind)
            end += length;
        return end;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (char.IsAscii(c))
            return char.IsAsciiLetter(c) ? Kind.Letter : char.IsAsciiDigit(c) ? Kind.Number : c == ' ' || c is >= '\t' and <= '\r' ? Kind.Space : Kind.Other;
        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
