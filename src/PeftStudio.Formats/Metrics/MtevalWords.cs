using System.Text.RegularExpressions;

namespace PeftStudio.Formats.Metrics;

/// <summary>
/// The words of NIST's mteval-v13a.pl for Western languages, which sacreBLEU calls 13a: four entities are read as their characters, ASCII punctuation stands alone,
/// a full stop or a comma only where it is not between digits, a hyphen only behind a digit, an apostrophe never. Letters keep their case.
/// </summary>
internal static class MtevalWords
{
    // All of ASCII's but ' , - and the full stop.
    private static readonly Regex Punctuation = Rule(@"(?<mark>[!-&(-+/:-@\[-`{-~])");
    private static readonly Regex PointAfterOther = Rule("(?<other>[^0-9])(?<mark>[.,])");
    private static readonly Regex PointBeforeOther = Rule("(?<mark>[.,])(?<other>[^0-9])");
    private static readonly Regex HyphenAfterDigit = Rule("(?<digit>[0-9])(?<mark>-)");

    public static string[] In(string text)
    {
        var line = text.TrimEnd()
            .Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal)
            .Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);
        line = Punctuation.Replace($" {line} ", " ${mark} ");
        line = PointAfterOther.Replace(line, "${other} ${mark} ");
        line = PointBeforeOther.Replace(line, " ${mark} ${other}");
        line = HyphenAfterDigit.Replace(line, "${digit} ${mark} ");
        return line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static Regex Rule(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
