using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Statistics;

/// <summary>A task-averaged score of one sample index.</summary>
/// <param name="Collapsed">whether any of its tasks' runs collapsed (a constant prediction, or a score at chance).</param>
public sealed record IndexScore(int Sample, double Score, bool Collapsed);

/// <summary>The difference of two named sides, paired by sample index; n is the number of shared indices, never indices x tasks.</summary>
public static class PairedDifference
{
    public static PairedMargin Of(IReadOnlyList<IndexScore> first, IReadOnlyList<IndexScore> second)
    {
        var rivals = second.ToDictionary(score => score.Sample);
        var pairs = first.Where(score => rivals.ContainsKey(score.Sample))
            .OrderBy(score => score.Sample)
            .Select(score => (A: score, B: rivals[score.Sample]))
            .ToArray();
        return Of(
            pairs.Select(pair => pair.A.Score - pair.B.Score).ToArray(),
            pairs.Count(pair => pair.A.Collapsed),
            pairs.Count(pair => pair.B.Collapsed));
    }

    private static PairedMargin Of(double[] differences, int collapsedOfFirst, int collapsedOfSecond)
    {
        var n = differences.Length;
        var mean = n is 0 ? 0 : Moments.Mean(differences);
        if (StudentT.MeanInterval(differences) is not { } interval)
            return new PairedMargin(n, mean, null, Verdict.TooFewRuns, null, null, null, collapsedOfFirst, collapsedOfSecond);
        var deviation = Moments.Deviation(differences);
        var verdict = n < StudentT.LeastForVerdict ? Verdict.TooFewRuns
            : interval.Low > 0 ? Verdict.Better
            : interval.High < 0 ? Verdict.Worse
            : Verdict.CannotBeToldApart;
        var told = verdict is Verdict.Better or Verdict.Worse;
        return new PairedMargin(
            n,
            mean,
            interval,
            verdict,
            StudentT.SmallestDetectable(n, deviation),
            told ? null : StudentT.MoreNeeded(n, mean, deviation),
            SignFlip.P(differences),
            collapsedOfFirst,
            collapsedOfSecond);
    }
}
