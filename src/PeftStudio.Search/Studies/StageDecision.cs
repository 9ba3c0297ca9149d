namespace PeftStudio.Search.Studies;

/// <summary>A 95 % interval.</summary>
public sealed record Interval(double Low, double High);

/// <summary>What a step found about one choice: means over tasks first, then over indices.</summary>
/// <param name="Interval">null below three indices.</param>
/// <param name="BestProbability">P(best) from the hierarchical posterior; null where one choice stands alone.</param>
public sealed record ChoiceEvidence(int Choice, string Label, int N, double Mean, Interval? Interval, double? BestProbability);

public enum Verdict
{
    TooFewRuns,
    CannotBeToldApart,
    Better,
    Worse,
}

/// <summary>Paired difference winner minus runner-up (or any named pair), by statistics.md 1.</summary>
public sealed record PairedMargin(
    int N,
    double Mean,
    Interval? Interval,
    Verdict Verdict,
    double? SmallestDetectable,
    int? MoreRunsNeeded,
    double? SignFlipP,
    int CollapsedOfFirst,
    int CollapsedOfSecond);

/// <summary>The stored decision of a step; the rule is the paper's (best mean), the rest is the evidence.</summary>
/// <param name="Closed">true where the component had one choice and nothing was run.</param>
/// <param name="RunnerUp">null where there is none.</param>
public sealed record StageDecision(
    StageKey Key,
    int Winner,
    string WinnerLabel,
    ValueList<ChoiceEvidence> Evidence,
    int? RunnerUp,
    PairedMargin? Margin,
    bool Closed,
    string Sentence);

/// <summary>One scored run as a decision reads it.</summary>
/// <param name="Sample">the sample index.</param>
public sealed record ScoredRun(int Choice, int Sample, string Task, double Score, bool Collapsed);
