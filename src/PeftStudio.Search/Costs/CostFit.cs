namespace PeftStudio.Search.Costs;

/// <summary>A short trial and what it was seen to cost.</summary>
/// <param name="StepSeconds">of one step of the optimizer.</param>
/// <param name="EvaluationSeconds">of its one evaluation.</param>
public sealed record Probe(CostFacts Facts, long PeakBytes, double StepSeconds, double EvaluationSeconds);

/// <summary>Finds a <see cref="CostModel"/> from short trials on the device that it shall speak for.</summary>
public static class CostFit
{
    /// <param name="machineBytes">memory of the machine; null on a GPU.</param>
    /// <exception cref="ArgumentException">No probes, or one without memory or time.</exception>
    public static CostModel Of(IReadOnlyList<Probe> probes, int heads, long? machineBytes)
    {
        var features = probes.Select(probe => TrialFeatures.Of(probe.Facts)).ToArray();
        var memory = MemoryOf(probes, [.. features.Select(feature => feature.Memory)]);
        return new CostModel(
            heads, memory, probes.Select((probe, i) => (probe.PeakBytes / memory.Of(features[i].Memory)) - 1).ToValueList(), TimeOf(probes, features), machineBytes);
    }

    private static MemoryRates MemoryOf(IReadOnlyList<Probe> probes, MemoryFeatures[] features)
    {
        // Where nothing was trained whole, the few trained parameters tell no rate: they are held to take what they are.
        var whole = probes.Any(probe => probe.Facts.Design is null);
        var rates = NonNegativeFit.Solve(
            [.. features.Select(f => new[] { 1, f.KeptBytes, f.WorkingBytes, whole ? f.TrainedBytes : 0, f.TextBytes, f.CacheBytes })],
            [.. probes.Select((probe, i) => probe.PeakBytes - features[i].MakingBytes - (whole ? 0 : features[i].TrainedBytes))]);
        return new MemoryRates(rates[0], rates[1], rates[2], whole ? rates[3] : 1, rates[4], rates[5]);
    }

    // Steps and evaluations share the rates of batches and forward passes.
    private static TimeRates TimeOf(IReadOnlyList<Probe> probes, TrialFeatures[] features)
    {
        double[][] rows =
        [
            .. features.Select((feature, i) => Row(feature.Training, probes[i].Facts.Steps)),
            .. features.Select(feature => Row(feature.Evaluation, 1)),
        ];
        var rates = NonNegativeFit.Solve(rows, [.. probes.Select(probe => probe.StepSeconds), .. probes.Select(probe => probe.EvaluationSeconds)]);
        return new TimeRates(rates[0], rates[1], rates[2], rates[3]);
    }

    private static double[] Row(TimeFeatures features, int steps) =>
        [features.Batches / steps, features.ForwardFlops / steps, features.BackwardFlops / steps, features.Updates / steps];
}
