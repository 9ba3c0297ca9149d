using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Studies;

/// <summary>
/// What a study found, as it leaves the studio. Everything that differs between two runs of one plan (ids, times, workers) is in <see cref="Run"/>, so that the rest compares
/// byte by byte.
/// </summary>
/// <param name="Final">null where the study ended before its final comparison.</param>
public sealed record StudyResults(
    string Format, StudyPlan Plan, StudyAssets Assets, ValueList<StepResults> Steps, FinalTable? Final, RunFacts? Run)
{
    public const string CurrentFormat = "peftstudio-results-1";

    /// <summary>The part that every run of the same plan repeats.</summary>
    public StudyResults WithoutRun() => this with { Run = null };
}

/// <param name="Decision">null while it is undecided.</param>
public sealed record StepResults(StageKey Key, ValueList<ChoiceResults> Choices, StageDecision? Decision);

public sealed record ChoiceResults(int Index, string Label, bool Paired, bool Dropped, ValueList<SampleResults> Samples);

/// <param name="DesignHash">null for full fine-tuning, as <paramref name="Design"/> and <paramref name="Sizes"/> are.</param>
public sealed record SampleResults(int Index, string? DesignHash, Design? Design, DesignSizes? Sizes, ValueList<TaskResults> Tasks);

/// <param name="Result">null where the trial did not complete.</param>
public sealed record TaskResults(string Task, TrialResult? Result);

/// <summary>How one run of the plan went.</summary>
public sealed record RunFacts(
    string Study, string Studio, string? NumericProfile, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, string State, ValueList<TrialFacts> Trials);

public sealed record TrialFacts(
    string Trial, StageKey Step, int Choice, int Sample, string Task, string State, int Attempts, string? Worker, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Reason);
