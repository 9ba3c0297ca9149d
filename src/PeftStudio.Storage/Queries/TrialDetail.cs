using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>One trial with its attempts, its curve (of the newest attempt) and its log.</summary>
/// <param name="OwnMethods">all of the study's, of which <paramref name="Plan"/> has those that it needs.</param>
public sealed record TrialView(
    long Id,
    int StudyId,
    string StudyName,
    StageKey Stage,
    string Choice,
    int SampleId,
    int Sample,
    string Task,
    ValueList<PeftMethod> OwnMethods,
    TrialPlan Plan,
    TrialState State,
    string? Reason,
    bool CancelRequested,
    bool CanRetry,
    TrialResult? Result,
    bool HasAdapter,
    ValueList<AttemptView> Attempts,
    ValueList<CurvePointView> Curve,
    ValueList<EventView> Log);

public sealed record AttemptView(
    int Number, string WorkerId, AttemptState State, string? Reason, int Epoch, int Step, int Steps, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt, DateTimeOffset? EndedAt);

public sealed record CurvePointView(long TrialId, int Epoch, double Loss, double Score);

public static class TrialDetail
{
    /// <summary>Null where there is no such trial.</summary>
    public static async Task<TrialView?> ReadAsync(StudioContext context, long trialId, CancellationToken cancellationToken)
    {
        var row = await (
            from trial in context.Trials.AsNoTracking()
            where trial.Id == trialId
            join study in context.Studies on trial.StudyId equals study.Id
            join step in context.Steps on trial.StepId equals step.Id
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            select new
            {
                Trial = trial,
                study.Name,
                StudyPlan = study.Plan,
                study.State,
                step.Stage,
                step.Group,
                Decided = step.DecidedAt != null,
                choice.Label,
                sample.Index,
                HasAdapter = context.Adapters.Any(adapter => adapter.TrialId == trial.Id),
            }).SingleOrDefaultAsync(cancellationToken);
        if (row is null)
            return null;
        var attempts = await context.Attempts.AsNoTracking().Where(attempt => attempt.TrialId == trialId).OrderBy(attempt => attempt.Number).ToListAsync(cancellationToken);
        var curve = await context.CurvePoints.AsNoTracking().Where(point => point.TrialId == trialId && point.Attempt == row.Trial.Attempt).OrderBy(point => point.Epoch)
            .Select(point => new CurvePointView(point.TrialId, point.Epoch, point.Loss, point.Score)).ToListAsync(cancellationToken);
        var log = await context.Events.AsNoTracking().Where(line => line.TrialId == trialId).OrderBy(line => line.Id).Take(1000)
            .Select(EventList.View).ToListAsync(cancellationToken);
        var canRetry = row.Trial.State is TrialState.Failed && !row.Decided && row.State is StudyState.Running or StudyState.Held;
        return new(row.Trial.Id, row.Trial.StudyId, row.Name, new(row.Stage, row.Group), row.Label, row.Trial.SampleId, row.Index, row.Trial.Task, row.StudyPlan.OwnMethods, row.Trial.Plan, row.Trial.State,
            row.Trial.Reason, row.Trial.CancelRequested, canRetry, row.Trial.Result, row.HasAdapter,
            attempts.Select(a => new AttemptView(a.Number, a.WorkerId, a.State, a.Reason, a.Epoch, a.Step, a.Steps, a.StartedAt, a.HeartbeatAt, a.EndedAt)).ToValueList(),
            curve.ToValueList(), log.ToValueList());
    }
}

public static class Curves
{
    /// <summary>Learning curves of sampled designs' trials: each trial's newest attempt.</summary>
    public static async Task<ILookup<long, CurvePointView>> ReadAsync(StudioContext context, IReadOnlyCollection<long> trials, CancellationToken cancellationToken)
    {
        var points = await (
            from point in context.CurvePoints.AsNoTracking()
            join trial in context.Trials on new { Id = point.TrialId, point.Attempt } equals new { trial.Id, trial.Attempt }
            where trials.Contains(point.TrialId)
            orderby point.TrialId, point.Epoch
            select new CurvePointView(point.TrialId, point.Epoch, point.Loss, point.Score)).ToListAsync(cancellationToken);
        return points.ToLookup(point => point.TrialId);
    }
}
