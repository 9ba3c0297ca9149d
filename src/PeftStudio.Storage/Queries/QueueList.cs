using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

public sealed record QueuedTrialView(long TrialId, int StudyId, string StudyName, StageKey Stage, string Choice, int Sample, string Task, int Attempt, int Tries, string? Reason, DateTimeOffset CreatedAt);

/// <param name="Exports">that wait or are being made; they go before the trials.</param>
public sealed record QueueView(int Waiting, IReadOnlyList<RunningTrialView> Running, IReadOnlyList<QueuedTrialView> Next, IReadOnlyList<ExportUnderWayView> Exports);

public static class QueueList
{
    /// <summary>All running trials, the next waiting ones of every study and all exports, oldest first.</summary>
    public static async Task<QueueView> ReadAsync(StudioContext context, int skip, int take, CancellationToken cancellationToken)
    {
        var waiting = await context.Trials.CountAsync(trial => trial.State == TrialState.Waiting, cancellationToken);
        var rows = await (
            from trial in context.Trials.AsNoTracking()
            where trial.State == TrialState.Waiting
            join study in context.Studies on trial.StudyId equals study.Id
            join step in context.Steps on trial.StepId equals step.Id
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            orderby trial.Id
            select new { trial.Id, trial.StudyId, study.Name, step.Stage, step.Group, choice.Label, sample.Index, trial.Task, trial.Attempt, trial.Tries, trial.Reason, trial.CreatedAt })
            .Skip(skip).Take(take).ToListAsync(cancellationToken);
        return new(waiting, await RunningTrials.ReadAsync(context, null, cancellationToken), rows.ConvertAll(row =>
            new QueuedTrialView(row.Id, row.StudyId, row.Name, new(row.Stage, row.Group), row.Label, row.Index, row.Task, row.Attempt, row.Tries, row.Reason, row.CreatedAt)),
            await ExportList.UnderWayAsync(context, cancellationToken));
    }
}
