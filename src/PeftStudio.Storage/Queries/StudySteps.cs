using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>One step with its choices' runs: what a forest plot is drawn from.</summary>
public sealed record StepView(int StepId, StageKey Key, ValueList<string> Notes, StageDecision? Decision, DateTimeOffset CreatedAt, DateTimeOffset? DecidedAt, ValueList<ChoiceView> Choices);

/// <summary>One choice. While the step is open the page computes mean and interval from <paramref name="Runs"/>; the decision keeps its own.</summary>
public sealed record ChoiceView(int ChoiceId, int Index, string Label, bool Paired, bool Dropped, int Designs, ValueList<RunView> Runs);

/// <summary>One sampled design of a choice. <paramref name="Score"/>: the mean over tasks, null until all are completed.</summary>
/// <param name="Collapsed">on some task every decision row got the same prediction.</param>
/// <param name="ZeroDenominator">on some task a metric of the decision rows counts as 0 because its denominator is zero.</param>
/// <param name="SampleId">the key of <see cref="DesignTable"/>, which has the structure.</param>
public sealed record RunView(int SampleId, int Sample, TrialState State, double? Score, double? DevScore, bool Collapsed, bool ZeroDenominator, ValueList<TaskRunView> Tasks);

/// <summary>One task's trial of a sampled design.</summary>
public sealed record TaskRunView(long TrialId, string Task, TrialState State, double? Score, double? DevScore);

public static class StudySteps
{
    public static async Task<IReadOnlyList<StepView>> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var steps = await context.Steps.AsNoTracking().Where(step => step.StudyId == studyId).OrderBy(step => step.Number).ToListAsync(cancellationToken);
        var choices = await (
            from choice in context.Choices.AsNoTracking()
            join step in context.Steps on choice.StepId equals step.Id
            where step.StudyId == studyId
            orderby choice.Index
            select choice).ToListAsync(cancellationToken);
        var samples = await context.Samples.AsNoTracking().Where(sample => sample.StudyId == studyId).OrderBy(sample => sample.Index)
            .Select(sample => new { sample.Id, sample.ChoiceId, sample.Index, sample.DesignHash }).ToListAsync(cancellationToken);
        var trials = await context.Trials.AsNoTracking().Where(trial => trial.StudyId == studyId).OrderBy(trial => trial.Id)
            .Select(trial => new { trial.SampleId, trial.Id, trial.Task, trial.State, trial.Score, trial.DevScore, trial.Collapsed, trial.ZeroDenominator }).ToListAsync(cancellationToken);
        var trialsOf = trials.ToLookup(trial => trial.SampleId);
        var samplesOf = samples.ToLookup(sample => sample.ChoiceId);
        var choicesOf = choices.ToLookup(choice => choice.StepId);
        return steps.ConvertAll(step => new StepView(step.Id, step.Key, step.Notes, step.Decision, step.CreatedAt, step.DecidedAt, choicesOf[step.Id].Select(choice =>
            new ChoiceView(choice.Id, choice.Index, choice.Label, choice.Paired, choice.Dropped,
                samplesOf[choice.Id].Select(sample => sample.DesignHash).Distinct(StringComparer.Ordinal).Count(),
                samplesOf[choice.Id].Select(sample => Run(sample.Id, sample.Index,
                    trialsOf[sample.Id].Select(trial => new TaskRunView(trial.Id, trial.Task, trial.State, trial.Score, trial.DevScore)).ToValueList(),
                    trialsOf[sample.Id].Any(trial => trial.Collapsed), trialsOf[sample.Id].Any(trial => trial.ZeroDenominator))).ToValueList())).ToValueList()));
    }

    internal static RunView Run(int sampleId, int index, ValueList<TaskRunView> tasks, bool collapsed = false, bool zeroDenominator = false)
    {
        var state = StateOf(tasks);
        var complete = state is TrialState.Completed;
        var dev = complete && tasks.All(task => task.DevScore is not null);
        return new(sampleId, index, state, complete ? tasks.Average(task => task.Score) : null, dev ? tasks.Average(task => task.DevScore) : null, collapsed, zeroDenominator, tasks);
    }

    /// <summary>Completed where all are; Failed or Cancelled where one is; else Running once one has begun.</summary>
    internal static TrialState StateOf(IReadOnlyCollection<TaskRunView> tasks)
    {
        if (tasks.Count > 0 && tasks.All(task => task.State is TrialState.Completed))
            return TrialState.Completed;
        if (tasks.Any(task => task.State is TrialState.Failed))
            return TrialState.Failed;
        if (tasks.Any(task => task.State is TrialState.Cancelled))
            return TrialState.Cancelled;
        return tasks.Any(task => task.State is TrialState.Running or TrialState.Completed) ? TrialState.Running : TrialState.Waiting;
    }
}
