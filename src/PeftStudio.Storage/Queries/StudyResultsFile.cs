using System.Globalization;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

public static class StudyResultsFile
{
    /// <summary>What results.json holds; null where there is no such study.</summary>
    /// <param name="studio">this program's version.</param>
    public static async Task<StudyResults?> ReadAsync(StudioContext context, int studyId, string studio, CancellationToken cancellationToken)
    {
        var study = await context.Studies.AsNoTracking().SingleOrDefaultAsync(found => found.Id == studyId, cancellationToken);
        if (study is null)
            return null;
        var steps = await StudyRecord.ReadAsync(context, studyId, cancellationToken);
        var trials = (await (
            from trial in context.Trials.AsNoTracking()
            where trial.StudyId == studyId
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            select new
            {
                trial.Id,
                trial.StepId,
                Choice = choice.Index,
                Sample = sample.Index,
                trial.Task,
                trial.State,
                trial.Result,
                trial.Attempt,
                trial.StartedAt,
                trial.FinishedAt,
                trial.Reason,
                WorkerId = context.Attempts.Where(attempt => attempt.TrialId == trial.Id && attempt.Number == trial.Attempt).Select(attempt => attempt.WorkerId).FirstOrDefault(),
            }).ToListAsync(cancellationToken)).ToLookup(trial => (trial.StepId, trial.Choice, trial.Sample));

        var places =
            from step in steps
            from choice in step.Step.Choices
            from sample in choice.Samples
            from task in study.Plan.Tasks
            from trial in trials[(step.StepId, choice.Index, sample.Index)].Where(trial => trial.Task == task)
            select new TrialFacts(trial.Id.ToString(CultureInfo.InvariantCulture), step.Step.Key, choice.Index, sample.Index, task, trial.State.ToString(), trial.Attempt, trial.WorkerId,
                trial.StartedAt, trial.FinishedAt, trial.Reason);
        var results = steps.Select(step => new StepResults(
            step.Step.Key,
            step.Step.Choices.Select(choice => new ChoiceResults(choice.Index, choice.Label, choice.Paired, step.Dropped.Contains(choice.Index), choice.Samples.Select(sample =>
                new SampleResults(sample.Index, sample.Design?.Hash(), sample.Design, sample.Sizes, study.Plan.Tasks.Select(task =>
                    new TaskResults(task, trials[(step.StepId, choice.Index, sample.Index)].FirstOrDefault(trial => trial.Task == task)?.Result)).ToValueList())).ToValueList())).ToValueList(),
            step.Decision));
        return new(StudyResults.CurrentFormat, study.Plan, study.Assets, results.ToValueList(), FinalTableQuery.Of(study, steps),
            new(study.Id.ToString(CultureInfo.InvariantCulture), studio, study.NumericProfile, study.CreatedAt, study.FinishedAt, study.State.ToString(), places.ToValueList()));
    }
}
