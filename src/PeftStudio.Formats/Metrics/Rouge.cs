using System.Text.RegularExpressions;

namespace PeftStudio.Formats.Metrics;

/// <summary>
/// ROUGE-N and ROUGE-L of Lin (2004), as the Python package rouge_score computes them without stemming: lower-cased runs of a-z and 0-9 are the words (so a text
/// without Latin letters and digits has none), the F-measure of each row weighs precision and recall alike, and rows are averaged. ROUGE-L takes a text as one sentence.
/// Fractions; null where no row has an n-gram on either side.
/// </summary>
internal static class Rouge
{
    private static readonly Regex Word = new("[a-z0-9]+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public static double? OfRuns(int n, IReadOnlyList<string> hypotheses, IReadOnlyList<string> references) => Mean(hypotheses, references, (hypothesis, reference) =>
    {
        var (ours, theirs) = (new NGrams(hypothesis, n), new NGrams(reference, n));
        return FMeasure(ours.Shared(theirs), ours.Total + theirs.Total);
    });

    public static double? OfSubsequences(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references) => Mean(hypotheses, references, (hypothesis, reference) =>
        FMeasure(LongestCommonSubsequence(hypothesis, reference), hypothesis.Length + reference.Length));

    private static double? Mean(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, Func<string[], string[], double?> score)
    {
        var scores = hypotheses.Zip(references, (hypothesis, reference) => score(Words(hypothesis), Words(reference))).ToArray();
        return scores.All(value => value is null) ? null : scores.Average(value => value ?? 0);
    }

    /// <summary>2PR/(P+R) with P = shared/ours and R = shared/theirs.</summary>
    private static double? FMeasure(int shared, int oursAndTheirs) => oursAndTheirs == 0 ? null : 2d * shared / oursAndTheirs;

    private static int LongestCommonSubsequence(string[] one, string[] other)
    {
        // The table's last row alone: lengths[j] is that of the words so far and the other's first j.
        var lengths = new int[other.Length + 1];
        foreach (var word in one)
        {
            var diagonal = 0;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = lengths[j];
                lengths[j] = word == other[j - 1] ? diagonal + 1 : Math.Max(above, lengths[j - 1]);
                diagonal = above;
            }
        }
        return lengths[^1];
    }

    private static string[] Words(string text) => [.. Word.Matches(text.ToLowerInvariant()).Select(match => match.Value)];
}
