using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

public sealed record TrialRowView(
    long Id, StageKey Stage, string Choice, int SampleId, int Sample, string Task, TrialState State, int Attempt, string? WorkerId, double? Score, double? DevScore,
    bool Collapsed, bool ZeroDenominator, bool DevCollapsed, bool DevZeroDenominator, string? Reason, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, bool HasAdapter);

public sealed record TrialPage(int Total, IReadOnlyList<TrialRowView> Rows);

public sealed record TrialTableFilter(TrialState? State = null, StageName? Stage = null, string? Task = null, int Skip = 0, int Take = 50);

public static class TrialTable
{
    /// <summary>A study's trials in the order of drawing.</summary>
    public static async Task<TrialPage> ReadAsync(StudioContext context, int studyId, TrialTableFilter filter, CancellationToken cancellationToken)
    {
        var rows =
            from trial in context.Trials.AsNoTracking()
            where trial.StudyId == studyId && (filter.State == null || trial.State == filter.State) && (filter.Task == null || trial.Task == filter.Task)
            join step in context.Steps on trial.StepId equals step.Id
            where filter.Stage == null || step.Stage == filter.Stage
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            orderby trial.Id
            select new TrialRowView(trial.Id, new StageKey(step.Stage, step.Group), choice.Label, sample.Id, sample.Index, trial.Task, trial.State, trial.Attempt,
                context.Attempts.Where(attempt => attempt.TrialId == trial.Id && attempt.Number == trial.Attempt).Select(attempt => attempt.WorkerId).FirstOrDefault(),
                trial.Score, trial.DevScore, trial.Collapsed, trial.ZeroDenominator, trial.DevCollapsed, trial.DevZeroDenominator, trial.Reason, trial.StartedAt, trial.FinishedAt, context.Adapters.Any(adapter => adapter.TrialId == trial.Id));
        return new(await rows.CountAsync(cancellationToken), await rows.Skip(filter.Skip).Take(filter.Take).ToListAsync(cancellationToken));
    }
}
