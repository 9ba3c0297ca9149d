using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Statistics;

/// <summary>What one choice scored: the mean over all tasks for every sample index whose tasks have all finished.</summary>
/// <param name="Paired">whether its draws are shared with its rivals, index by index.</param>
public sealed record ChoiceScores(int Choice, string Label, ValueList<IndexScore> Indices, bool Paired)
{
    public int N => Indices.Count;

    public double Mean => Indices.Sum(index => index.Score) / Indices.Count;

    public Interval? Interval => StudentT.MeanInterval(Indices.Select(index => index.Score).ToArray());

    /// <summary>
    /// One entry for each choice of <paramref name="step"/>, also where no design is complete. The order of <paramref name="runs"/> does not matter: sums run in
    /// the order of indices and tasks, so that the bits are the same however many workers there were.
    /// </summary>
    public static ValueList<ChoiceScores> Of(StageStep step, IReadOnlyList<ScoredRun> runs, IReadOnlyList<string> tasks)
    {
        var byPlace = new Dictionary<(int Choice, int Sample, string Task), ScoredRun>();
        foreach (var run in runs)
            if (!byPlace.TryAdd((run.Choice, run.Sample, run.Task), run))
                throw new ArgumentException($"{step.Key}: two scores for choice {run.Choice}, sample {run.Sample}, task '{run.Task}'", nameof(runs));
        return step.Choices
            .Select(choice => new ChoiceScores(choice.Index, choice.Label, Complete(choice), choice.Paired))
            .ToValueList();

        ValueList<IndexScore> Complete(StageChoice choice) => choice.Samples
            .Select(sample => sample.Index)
            .Order()
            .Select(sample => (sample, found: tasks.Select(task => byPlace.GetValueOrDefault((choice.Index, sample, task))).OfType<ScoredRun>().ToArray()))
            .Where(at => at.found.Length == tasks.Count)
            .Select(at => new IndexScore(at.sample, at.found.Sum(run => run.Score) / tasks.Count, at.found.Any(run => run.Collapsed)))
            .ToValueList();
    }
}
