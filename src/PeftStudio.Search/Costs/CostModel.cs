using System.Text.Json.Serialization;

namespace PeftStudio.Search.Costs;

/// <summary>What a trial is expected to cost.</summary>
/// <param name="PeakBytes">most memory of a fresh process: resident, or the allocator's on a GPU.</param>
/// <param name="Seconds">from its first step to its last evaluation, on a device with nothing else to do.</param>
public sealed record TrialCost(double PeakBytes, double Seconds);

/// <summary>
/// Bytes: of a process with the backbone loaded, and for each byte that <see cref="MemoryFeatures"/> counts. What makes prefixes takes what it is: its gradients come apart from the backbone's,
/// while the rate of trained parameters is found where all are, with the gradients that are on their way then.
/// </summary>
public sealed record MemoryRates(double Process, double Kept, double Working, double Trained, double Text, double Cache)
{
    public double Of(MemoryFeatures features) =>
        Process + (Kept * features.KeptBytes) + (Working * features.WorkingBytes) + (Trained * features.TrainedBytes) + features.MakingBytes + (Text * features.TextBytes)
        + (Cache * features.CacheBytes);
}

/// <summary>Seconds for each unit that <see cref="TimeFeatures"/> counts.</summary>
public sealed record TimeRates(double Batch, double Forward, double Backward, double Update)
{
    public double Of(TimeFeatures features) =>
        (Batch * features.Batches) + (Forward * features.ForwardFlops) + (Backward * features.BackwardFlops) + (Update * features.Updates);
}

/// <summary>
/// What trials over one backbone in one precision cost on one device with one numeric profile: a few rates, fitted to short trials there. Memory is what the rates
/// say and a margin above it, so that it is seldom too low.
/// </summary>
/// <param name="Heads">the backbone's attention heads.</param>
/// <param name="MemoryErrors">by which share each probe needed more than the rates say; below 0: less.</param>
/// <param name="MachineBytes">memory of the machine; null on a GPU.</param>
public sealed record CostModel(int Heads, MemoryRates Memory, ValueList<double> MemoryErrors, TimeRates Time, long? MachineBytes)
{
    /// <summary>Another way of counting makes rates that do not compare: models of another version are not used.</summary>
    public const int Version = 5;

    /// <summary>For what probes of some seconds do not show: an allocator's longer life, rows that differ.</summary>
    private const double LeastMargin = 0.02;

    /// <summary>By which share of what the rates say three quarters of the probes err at most, and a little.</summary>
    [JsonIgnore]
    public double MemoryMargin => LeastMargin + MemoryErrors.Select(Math.Abs).Order().ElementAt((int)Math.Ceiling(0.75 * MemoryErrors.Count) - 1);

    public TrialCost Predict(CostFacts facts)
    {
        var features = TrialFeatures.Of(facts);
        return new TrialCost((1 + MemoryMargin) * Memory.Of(features.Memory), Time.Of(features.Training) + Time.Of(features.Evaluation));
    }
}
