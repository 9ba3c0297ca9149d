using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Studies;

/// <summary>One completed run of the final step: its score on the decision rows and on the official dev rows.</summary>
/// <param name="Sample">the training seed.</param>
/// <param name="Collapsed">every dev row got the same prediction.</param>
public sealed record FinalRun(int Choice, int Sample, string Task, double DecisionScore, double DevScore, bool Collapsed);

/// <summary>A contender on one task, over its seeds' dev scores.</summary>
/// <param name="Mean">null where no run completed.</param>
/// <param name="BestSeed">the seed whose decision score is highest, the lowest of equals: its adapter is the one to download.</param>
/// <param name="BestDevScore">that seed's dev score.</param>
public sealed record FinalCell(string Task, int N, double? Mean, Interval? Interval, int? BestSeed, double? BestDevScore);

/// <summary>One contender over the study's tasks.</summary>
/// <param name="Parameters">trainable parameters of the backbone part; null for full fine-tuning.</param>
/// <param name="N">seeds with a score on every task; <paramref name="Mean"/> and <paramref name="Interval"/> are over their task means.</param>
/// <param name="FoundMinusThis">what the first contender has over this one, paired by seed; null for the first itself.</param>
public sealed record FinalRow(
    int Choice, string Label, long? Parameters, ValueList<FinalCell> Tasks, int N, double? Mean, Interval? Interval, PairedMargin? FoundMinusThis);

/// <summary>The adapter to download for a task: the first contender's best seed.</summary>
public sealed record BestAdapter(string Task, int Choice, string Label, int Sample, double DecisionScore, double DevScore);

/// <summary>The final table on the official dev rows. <paramref name="Noise"/>: spread between seeds, a task each.</summary>
public sealed record FinalTable(ValueList<FinalRow> Rows, ValueList<TaskNoise> Noise, ValueList<BestAdapter> Adapters, ValueList<string> LeftOut);

/// <summary>The final table as a pure function of the final step's runs.</summary>
public static class FinalComparison
{
    public static FinalTable Of(FinalStep final, IReadOnlyList<FinalRun> runs, IReadOnlyList<string> tasks)
    {
        var step = final.Step;
        var ordered = runs.OrderBy(run => run.Choice).ThenBy(run => run.Sample).ToArray();
        var means = ChoiceScores.Of(
            step, ordered.Select(run => new ScoredRun(run.Choice, run.Sample, run.Task, run.DevScore, run.Collapsed)).ToArray(), tasks);
        var rows = step.Choices.Select((choice, k) => new FinalRow(
            choice.Index,
            choice.Label,
            choice.Samples.Count > 0 ? choice.Samples[0].Sizes?.Parameters : null,
            tasks.Select(task => Cell(task, Of(choice.Index, task))).ToValueList(),
            means[k].N,
            means[k].N > 0 ? means[k].Mean : null,
            means[k].Interval,
            k is 0 ? null : PairedDifference.Of(means[0].Indices, means[k].Indices))).ToValueList();
        var noise = tasks.Select(task => TaskNoise.Of(
            task, step.Choices.Select(choice => (IReadOnlyList<double>)Of(choice.Index, task).Select(run => run.DevScore).ToArray()))).ToValueList();
        return new FinalTable(rows, noise, Adapters(step, Of, tasks), final.LeftOut);

        FinalRun[] Of(int choice, string task) =>
            ordered.Where(run => run.Choice == choice && string.Equals(run.Task, task, StringComparison.Ordinal)).ToArray();
    }

    private static FinalCell Cell(string task, FinalRun[] runs)
    {
        var scores = runs.Select(run => run.DevScore).ToArray();
        var best = Best(runs);
        return new FinalCell(task, runs.Length, scores.Length > 0 ? Moments.Mean(scores) : null, StudentT.MeanInterval(scores), best?.Sample, best?.DevScore);
    }

    private static ValueList<BestAdapter> Adapters(StageStep step, Func<int, string, FinalRun[]> of, IReadOnlyList<string> tasks) =>
        (from choice in step.Choices.Take(1)
         from task in tasks
         let best = Best(of(choice.Index, task))
         where best is not null
         select new BestAdapter(task, choice.Index, choice.Label, best.Sample, best.DecisionScore, best.DevScore)).ToValueList();

    private static FinalRun? Best(FinalRun[] runs) => runs.OrderByDescending(run => run.DecisionScore).ThenBy(run => run.Sample).FirstOrDefault();
}
