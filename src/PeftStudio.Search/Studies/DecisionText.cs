using System.Globalization;
using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Studies;

/// <summary>
/// A decision in one sentence: "Spindle: 71.3, +0.8 [0.2, 1.4] over uniform, P(best) 0.93, n = 12". The difference never stands without n, and no verdict without
/// an interval and five pairs.
/// </summary>
internal sealed record DecisionText(
    StageStep Step, ChoiceScores Winner, ChoiceScores? RunnerUp, PairedMargin? Margin, double? BestProbability, IReadOnlyList<string> Dropped)
{
    public string Sentence()
    {
        var parts = new List<string> { $"{Winner.Label}: {Number(Winner.Mean)}{(RunnerUp is null ? Between(Winner.Interval) : "")}" };
        if (RunnerUp is not null && Margin is not null)
            parts.Add(Difference(RunnerUp, Margin));
        if (BestProbability is { } probability)
            parts.Add(Text($"P(best) {probability:F2}"));
        parts.Add(Count());
        return string.Join(", ", parts) + string.Concat(Remarks().Select(remark => "; " + remark));
    }

    private static string Difference(ChoiceScores runnerUp, PairedMargin margin)
    {
        if (margin.N is 0)
            return $"{InSentence(runnerUp.Label)} {Number(runnerUp.Mean)} (no index in common)";
        var over = margin.Verdict is Verdict.Better ? "over" : "against";
        return Text($"{margin.Mean:+0.0;-0.0;0.0}{Between(margin.Interval)} {over} {InSentence(runnerUp.Label)}");
    }

    private string Count()
    {
        var choice = Step.Choices.First(one => one.Index == Winner.Choice);
        var designs = choice.Samples.Select(sample => sample.Design).Distinct().Count();
        return designs is 1 && Winner.N > 1 ? Text($"n = {Winner.N} (runs of 1 design)") : Text($"n = {Winner.N}");
    }

    private IEnumerable<string> Remarks()
    {
        if (Margin is not null && RunnerUp is not null)
        {
            if (Margin.N < Winner.N)
                yield return Text($"{Margin.N} pairs");
            switch (Margin.Verdict)
            {
                case Verdict.TooFewRuns:
                    yield return Margin.Interval is null ? "too few runs for an interval" : "too few runs for a verdict";
                    break;
                case Verdict.CannotBeToldApart:
                    yield return "the two cannot be told apart" + Resolution(Margin);
                    break;
                case Verdict.Worse:
                    yield return $"worse than {InSentence(RunnerUp.Label)} on the indices that both have";
                    break;
            }

            if (Margin.CollapsedOfFirst + Margin.CollapsedOfSecond > 0)
                yield return Text($"collapsed runs: {Margin.CollapsedOfFirst} and {Margin.CollapsedOfSecond}, so the interval may be too short");
            if (Winner.Mean.Equals(RunnerUp.Mean))
                yield return "equal means, the first in the fixed order is kept";
        }

        foreach (var unpaired in Step.Choices.Where(choice => !choice.Paired))
            yield return $"{InSentence(unpaired.Label)} has draws of its own (unpaired)";
        if (Dropped.Count > 0)
            yield return $"dropped: {string.Join(", ", Dropped)}";
    }

    private static string Resolution(PairedMargin margin)
    {
        var finds = margin.SmallestDetectable is { } smallest ? Text($" (this n finds differences from {smallest:0.0}") : "";
        return finds.Length is 0 ? ""
            : margin.MoreRunsNeeded is { } more ? Text($"{finds}; {more} more pairs would find this one)")
            : finds + ")";
    }

    private static string Between(Interval? interval) => interval is null ? "" : Text($" [{interval.Low:0.0}, {interval.High:0.0}]");

    private static string Number(double value) => Text($"{value:0.0}");

    /// <summary>"Uniform" becomes "uniform" within a sentence; "LoRA", "G1+G3" and "S0's best" stay.</summary>
    private static string InSentence(string label) =>
        label.Skip(1).All(letter => char.IsLower(letter) || letter is ' ' or '-') ? char.ToLowerInvariant(label[0]) + label[1..] : label;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
