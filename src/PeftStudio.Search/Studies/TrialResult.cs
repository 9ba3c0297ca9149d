using System.Text.Json.Serialization;

namespace PeftStudio.Search.Studies;

/// <summary>One metric times 100, by its name (accuracy, f1, matthews, pearson, spearman).</summary>
public sealed record MetricValue(string Name, double Value);

/// <summary>Scores on one set of rows. <paramref name="Score"/>: the mean of the task's metrics, times 100; bigger is better.</summary>
/// <param name="ConstantPrediction">every row got the same prediction: the run collapsed.</param>
public sealed record RowsScore(double Score, ValueList<MetricValue> Metrics, bool ConstantPrediction)
{
    /// <summary>A metric's denominator was zero: it counts as 0 by convention, and nothing was measured. False in results written before this was kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ZeroDenominator { get; init; }
}

/// <summary>One epoch of a trial's curve. <paramref name="Loss"/>: mean training loss over the epoch's rows.</summary>
public sealed record EpochPoint(int Epoch, double Loss, RowsScore Decision);

/// <summary>What a completed trial found; equal for every run of the same plan on one numeric profile.</summary>
/// <param name="BestEpoch">counted from 1; the epoch whose decision score is highest, the earliest of equals.</param>
/// <param name="Decision">the decision rows' scores at that epoch.</param>
/// <param name="Dev">the official dev rows' scores at that epoch; null in the stages.</param>
public sealed record TrialResult(
    int BestEpoch,
    RowsScore Decision,
    RowsScore? Dev,
    ValueList<EpochPoint> Curve,
    long TrainableParameters,
    long HeadParameters,
    int TrainedRows)
{
    /// <summary>Parameters that were trained besides and folded away (a prefix's reparametrisation): in no budget and in no file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long TrainingOnlyParameters { get; init; }
}
