using System.Buffers;
using System.Globalization;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>Cuts a text at its added tokens: leftmost, longest first, as the reference does.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] longestFirst;
    private readonly SearchValues<char> firstChars;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        longestFirst = [.. tokens.Where(t => t.Content.Length > 0).OrderByDescending(t => t.Content.Length).ThenBy(t => t.Content, StringComparer.Ordinal)];
        firstChars = SearchValues.Create([.. longestFirst.Select(t => t.Content[0]).Distinct()]);
    }

    /// <summary>
    /// Whether no text can hold two of them over one another, nor one at the other's edge that would matter: each begins and ends with characters that no other has
    /// elsewhere, as &lt;s&gt; and &lt;mask&gt; do.
    /// </summary>
    public static bool StandApart(IReadOnlyCollection<AddedToken> tokens)
    {
        var (first, last) = (tokens.Select(t => t.Content[0]).ToHashSet(), tokens.Select(t => t.Content[^1]).ToHashSet());
        return tokens.All(t => !t.SingleWord && !t.Content.Any(char.IsWhiteSpace) && !t.Content.Skip(1).Any(first.Contains) && !t.Content.SkipLast(1).Any(last.Contains));
    }

    /// <summary>The pieces in order; Id is null for text in between.</summary>
    public IEnumerable<(Range Range, int? Id)> Split(string text)
    {
        var done = 0;
        for (var at = Next(text, 0); at >= 0;)
        {
            var token = Match(text, at);
            if (token is null)
            {
                at = Next(text, at + 1);
                continue;
            }
            var (start, end) = (at, at + token.Content.Length);
            at = Next(text, end);
            if (token.SingleWord && (TouchesWord(text.AsSpan(0, start), atEnd: true) || TouchesWord(text.AsSpan(end), atEnd: false)))
                continue;
            if (token.LeftStrip)
                start = Math.Max(done, text.AsSpan(0, start).TrimEnd().Length);
            if (token.RightStrip)
                end = text.Length - text.AsSpan(end).TrimStart().Length;
            if (start > done)
                yield return (done..start, null);
            yield return (start..end, token.Id);
            done = end;
        }
        if (done < text.Length)
            yield return (done..text.Length, null);
    }

    private int Next(string text, int from)
    {
        var found = from < text.Length ? text.AsSpan(from).IndexOfAny(firstChars) : -1;
        return found < 0 ? -1 : from + found;
    }

    private AddedToken? Match(string text, int at)
    {
        foreach (var token in longestFirst)
            if (text.AsSpan(at).StartsWith(token.Content, StringComparison.Ordinal))
                return token;
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, bool atEnd)
    {
        if (text.IsEmpty)
            return false;
        Rune rune;
        if (atEnd)
            Rune.DecodeLastFromUtf16(text, out rune, out _);
        else
            Rune.DecodeFromUtf16(text, out rune, out _);
        return Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
    }
}
