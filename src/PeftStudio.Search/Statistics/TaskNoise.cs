namespace PeftStudio.Search.Statistics;

/// <summary>The spread between runs of one design on one task that differ in the training seed alone.</summary>
/// <param name="Runs">runs that it rests on.</param>
/// <param name="Deviation">null below five runs: not drawn, and said.</param>
public sealed record TaskNoise(string Task, int Runs, double? Deviation)
{
    public const int LeastRuns = 5;

    /// <param name="replicates">for each design its scores over training seeds; designs with a single run say nothing.</param>
    public static TaskNoise Of(string task, IEnumerable<IReadOnlyList<double>> replicates)
    {
        var repeated = replicates.Where(scores => scores.Count > 1).ToArray();
        var runs = repeated.Sum(scores => scores.Count);
        if (runs < LeastRuns)
            return new TaskNoise(task, runs, null);
        var squares = repeated.Sum(scores => Moments.Variance(scores) * (scores.Count - 1));
        return new TaskNoise(task, runs, Math.Sqrt(squares / (runs - repeated.Length)));
    }
}
