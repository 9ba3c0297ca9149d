using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>A stored step as the refinement reads it: its designs, its scored runs and what a person dropped.</summary>
public sealed record RecordedStep(
    int StepId, StageStep Step, ValueList<string> Notes, StageDecision? Decision, ValueList<ScoredRun> Runs, ValueList<FinalRun> FinalRuns, IReadOnlySet<int> Dropped)
{
    /// <summary>Null while the step is undecided.</summary>
    public DecidedStep? Decided => Decision is null ? null : new(Step, Runs, Decision);
}

/// <summary>A study's steps as values, in their order; decisions are pure functions of them.</summary>
public static class StudyRecord
{
    public static async Task<IReadOnlyList<RecordedStep>> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var steps = await context.Steps.AsNoTracking().Where(step => step.StudyId == studyId).OrderBy(step => step.Number).ToListAsync(cancellationToken);
        var stepIds = steps.ConvertAll(step => step.Id);
        var choices = (await context.Choices.AsNoTracking().Where(choice => stepIds.Contains(choice.StepId)).OrderBy(choice => choice.Index).ToListAsync(cancellationToken)).ToLookup(choice => choice.StepId);
        var samples = (await context.Samples.AsNoTracking().Where(sample => sample.StudyId == studyId).OrderBy(sample => sample.Index).ToListAsync(cancellationToken)).ToLookup(sample => sample.ChoiceId);
        var runs = (await (
            from trial in context.Trials.AsNoTracking()
            where trial.StudyId == studyId && trial.State == TrialState.Completed && trial.Score != null
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            orderby choice.Index, sample.Index, trial.Task
            select new { trial.StepId, Choice = choice.Index, Sample = sample.Index, trial.Task, trial.Score, trial.DevScore, trial.Collapsed, trial.DevCollapsed })
            .ToListAsync(cancellationToken)).ToLookup(run => run.StepId);
        return steps.ConvertAll(step => new RecordedStep(
            step.Id,
            new(step.Key, choices[step.Id].Select(choice =>
                new StageChoice(choice.Index, choice.Label, samples[choice.Id].Select(sample => sample.Value()).ToValueList(), choice.Paired)).ToValueList()),
            step.Notes,
            step.Decision,
            runs[step.Id].Select(run => new ScoredRun(run.Choice, run.Sample, run.Task, run.Score ?? 0, run.Collapsed)).ToValueList(),
            runs[step.Id].Where(run => run.DevScore is not null).Select(run => new FinalRun(run.Choice, run.Sample, run.Task, run.Score ?? 0, run.DevScore ?? 0, run.DevCollapsed)).ToValueList(),
            choices[step.Id].Where(choice => choice.Dropped).Select(choice => choice.Index).ToHashSet()));
    }
}
