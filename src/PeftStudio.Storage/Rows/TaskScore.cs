namespace PeftStudio.Storage.Rows;

public enum ScoredRows
{
    Decision,
    Dev,
}

/// <summary>One metric of a completed trial, times 100.</summary>
public sealed class TaskScore(long trialId, ScoredRows rows, string metric, double value)
{
    public long TrialId { get; private set; } = trialId;

    public ScoredRows Rows { get; private set; } = rows;

    public string Metric { get; private set; } = metric;

    public double Value { get; private set; } = value;
}
