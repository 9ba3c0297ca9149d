using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Parts.Study;

/// <summary>A step as the forest plot draws it: the decision's evidence once it is decided, before that what is there so far.</summary>
public sealed record StepLook(StepView Step, IReadOnlyList<ForestRow> Rows)
{
    public bool IsDecided => Step.Decision is not null;

    /// <summary>Decided and closed without runs: nothing to plot.</summary>
    public bool IsClosed => Step.Decision?.Closed == true;

    public static StepLook Of(StepView step, ValueList<string> tasks, long seed)
    {
        var evidence = step.Decision is { Closed: false } decision ? decision.Evidence : Present(step, tasks, seed);
        return new(step, [.. step.Choices.Select(choice => new ForestRow(
            choice, evidence.FirstOrDefault(one => one.Choice == choice.Index), step.Decision is { Closed: false } decided && decided.Winner == choice.Index && step.Choices.Count > 1))]);
    }

    private static ValueList<ChoiceEvidence> Present(StepView step, ValueList<string> tasks, long seed)
    {
        var choices = step.Choices.Where(choice => !choice.Dropped).ToList();
        var drawn = new StageStep(step.Key, choices.Select(choice => new StageChoice(
            choice.Index, choice.Label, choice.Runs.Select(run => new SampledDesign(run.Sample, null, null)).ToValueList(), choice.Paired)).ToValueList());
        var runs = (
            from choice in choices
            from run in choice.Runs
            from task in run.Tasks
            where task.Score is not null
            select new ScoredRun(choice.Index, run.Sample, task.Task, task.Score ?? 0, run.Collapsed)).ToList();
        return runs.Count == 0 ? [] : Stage.Evidence(drawn, runs, tasks, seed);
    }
}

/// <param name="Evidence">null while no design of the choice is complete.</param>
public sealed record ForestRow(ChoiceView Choice, ChoiceEvidence? Evidence, bool Winner)
{
    public int Complete => Choice.Runs.Count(run => run.State == TrialState.Completed);

    public int Failed => Choice.Runs.Count(run => run.State == TrialState.Failed);

    public int Running => Choice.Runs.Count(run => run.State == TrialState.Running);

    /// <summary>"6 runs of 1 design" where the choice leaves one design open.</summary>
    public string? Replicates => Choice.Designs == 1 && Choice.Runs.Count > 1 ? $"{Choice.Runs.Count} runs of 1 design" : null;
}
