using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Writes;

/// <summary>What the database says to a worker that wants to run a trial.</summary>
public abstract record StartAnswer
{
    private StartAnswer()
    {
    }

    /// <summary>The worker holds attempt <paramref name="Attempt"/>.</summary>
    public sealed record Started(int StudyId, int Attempt, TrialPlan Plan) : StartAnswer;

    /// <summary>Nothing is to be run: the trial is over, or its study is.</summary>
    public sealed record Over(int StudyId) : StartAnswer;

    /// <summary>Not by this worker, or not yet.</summary>
    /// <param name="Asset">whether a file is missing, so that reading the folders again may help.</param>
    public sealed record NotHere(int StudyId, string Reason, bool Asset = false) : StartAnswer;

    public sealed record Unknown : StartAnswer;
}

/// <summary>
/// The writes of attempts. Each is one transaction and harmless twice; each checks the attempt's number under the trial's lock, and a write
/// that is refused leaves an event.
/// </summary>
public sealed class TrialAttempts(StudioDatabase database)
{
    /// <summary>An attempt whose heartbeat is younger is alive: another node's belief that it died is wrong.</summary>
    public static readonly TimeSpan Alive = TimeSpan.FromSeconds(6);

    /// <summary>How long a worker with a result waits for a database that is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    public Task<StartAnswer> StartAsync(long trialId, WorkerNode worker, CancellationToken cancellationToken) =>
        database.WriteAsync<StartAnswer>(async context =>
        {
            var studyId = await context.Trials.Where(trial => trial.Id == trialId).Select(trial => (int?)trial.StudyId).SingleOrDefaultAsync(cancellationToken);
            if (studyId is not { } id || await context.LockStudyAsync(id, cancellationToken) is not { } study || await context.LockTrialAsync(trialId, cancellationToken) is not { } trial)
                return new StartAnswer.Unknown();
            if (trial.IsOver)
                return new StartAnswer.Over(id);
            var now = await context.NowAsync(cancellationToken);
            var last = await context.Attempts.SingleOrDefaultAsync(attempt => attempt.TrialId == trialId && attempt.Number == trial.Attempt, cancellationToken);
            if (trial.State is TrialState.Running && last is { State: AttemptState.Running } && last.WorkerId != worker.Id && now - last.HeartbeatAt < Alive)
                return new StartAnswer.NotHere(id, $"attempt {last.Number} of trial {trialId} still beats on {last.WorkerId}");
            // A cancelled study is over before its trials are: one whose worker died, or put it back, has nobody else to end it.
            if (!study.Runs || trial.CancelRequested)
            {
                EndLost(context, study, trial, last, now);
                CancelTrial(context, trial, study.Runs ? "cancelled" : study.Reason ?? "the study was stopped", now);
                await context.NotifyAsync(id, cancellationToken);
                return new StartAnswer.Over(id);
            }
            if (Lack(trial, worker) is { } lack)
                return new StartAnswer.NotHere(id, lack, Asset: true);
            if (!study.AdmitProfile(worker.Profile))
                return new StartAnswer.NotHere(id, $"computes as {worker.Profile}, but study {id} began on {study.NumericProfile}");

            EndLost(context, study, trial, last, now);
            if (!trial.Start(now))
            {
                context.Add(new StudioEvent(EventKind.TrialFailed, $"failed after {trial.Tries} attempts: {trial.Reason}", id, trialId, trial.Attempt));
                await context.NotifyAsync(id, cancellationToken);
                return new StartAnswer.Over(id);
            }
            context.Add(new Attempt(trialId, trial.Attempt, worker.Id, now));
            context.Add(new StudioEvent(EventKind.AttemptStarted, $"attempt {trial.Attempt} started on {worker.Device}", id, trialId, trial.Attempt, worker.Id));
            await context.NotifyAsync(id, cancellationToken);
            return new StartAnswer.Started(id, trial.Attempt, trial.Plan);
        }, Patience, cancellationToken);

    public Task<WriteAnswer> CompleteAsync(long trialId, int attempt, TrialResult result, byte[]? adapter, string? manifest, CancellationToken cancellationToken) =>
        WriteAsync(trialId, attempt, AttemptState.Completed, null, async (context, trial, now) =>
        {
            var answer = trial.Complete(attempt, result, now);
            if (answer is not WriteAnswer.Accepted)
                return (answer, EventKind.AttemptCompleted, "");
            if (adapter is not null && manifest is not null)
                context.Add(AdapterStore.Make(trialId, adapter, manifest));
            await context.SaveChangesAsync(cancellationToken);
            Faults.Reach(FaultPoint.BetweenWeightsAndResult);
            context.AddRange(result.Decision.Metrics.Select(metric => new TaskScore(trialId, ScoredRows.Decision, metric.Name, metric.Value)));
            context.AddRange((result.Dev?.Metrics ?? []).Select(metric => new TaskScore(trialId, ScoredRows.Dev, metric.Name, metric.Value)));
            var drawn = await context.CurvePoints.Where(point => point.TrialId == trialId && point.Attempt == attempt).Select(point => point.Epoch).ToListAsync(cancellationToken);
            context.AddRange(result.Curve.Where(point => !drawn.Contains(point.Epoch)).Select(point => new CurvePoint(trialId, attempt, point.Epoch, point.Loss, point.Decision.Score)));
            return (answer, EventKind.AttemptCompleted, FormattableString.Invariant($"attempt {attempt} completed: {result.Decision.Score:0.00} after epoch {result.BestEpoch}"));
        }, cancellationToken);

    /// <param name="again">whether another attempt could end otherwise.</param>
    public Task<WriteAnswer> FailAsync(long trialId, int attempt, string reason, bool again, CancellationToken cancellationToken) =>
        WriteAsync(trialId, attempt, AttemptState.Failed, reason, (context, trial, now) =>
        {
            var answer = trial.Fail(attempt, reason, again, now);
            if (answer is WriteAnswer.Accepted && trial.State is TrialState.Failed)
                context.Add(new StudioEvent(EventKind.TrialFailed, $"failed: {reason}", trial.StudyId, trialId, attempt));
            CancelIfAsked(context, trial, now);
            return Task.FromResult((answer, EventKind.AttemptFailed, $"attempt {attempt} failed: {reason}"));
        }, cancellationToken);

    /// <summary>The worker is asked to go: the trial waits again and no try is counted.</summary>
    public Task<WriteAnswer> PutBackAsync(long trialId, int attempt, CancellationToken cancellationToken) =>
        WriteAsync(trialId, attempt, AttemptState.Preempted, "its worker was asked to stop", (context, trial, now) =>
        {
            var answer = trial.PutBack(attempt);
            CancelIfAsked(context, trial, now);
            return Task.FromResult((answer, EventKind.AttemptPreempted, $"attempt {attempt} put back: its worker was asked to stop"));
        }, cancellationToken);

    public Task<WriteAnswer> CancelledAsync(long trialId, int attempt, CancellationToken cancellationToken) =>
        WriteAsync(trialId, attempt, AttemptState.Cancelled, "cancelled", (_, trial, now) =>
            Task.FromResult((trial.ConfirmCancelled(attempt, now), EventKind.AttemptCancelled, $"attempt {attempt} cancelled while it ran")), cancellationToken);

    /// <summary>A trial that does not run is cancelled at once; one that runs, when its worker reads the flag.</summary>
    internal static void CancelTrial(StudioContext context, Trial trial, string reason, DateTimeOffset now)
    {
        var runs = trial.State is TrialState.Running;
        if (!trial.Cancel(reason, now))
            return;
        if (runs)
            trial.ConfirmCancelled(trial.Attempt, now);
        context.Add(new StudioEvent(EventKind.TrialCancelled, reason, trial.StudyId, trial.Id));
    }

    /// <summary>For a trial that waits again: the flag may have come after its worker's last heartbeat.</summary>
    private static void CancelIfAsked(StudioContext context, Trial trial, DateTimeOffset now)
    {
        if (trial is { CancelRequested: true, State: TrialState.Waiting })
            CancelTrial(context, trial, "cancelled", now);
    }

    private async Task<WriteAnswer> WriteAsync(
        long trialId, int attempt, AttemptState end, string? reason,
        Func<StudioContext, Trial, DateTimeOffset, Task<(WriteAnswer Answer, EventKind Kind, string Text)>> write, CancellationToken cancellationToken)
    {
        var answer = await database.WriteAsync(async context =>
        {
            var trial = await context.LockTrialAsync(trialId, cancellationToken) ?? throw new InvalidOperationException($"trial {trialId} is gone from the database");
            var now = await context.NowAsync(cancellationToken);
            var row = await context.Attempts.SingleAsync(one => one.TrialId == trialId && one.Number == attempt, cancellationToken);
            var (said, kind, text) = await write(context, trial, now);
            if (said is WriteAnswer.Accepted)
            {
                row.End(end, reason, now);
                context.Add(new StudioEvent(kind, text, trial.StudyId, trialId, attempt, row.WorkerId));
            }
            else if (said is WriteAnswer.Refused)
            {
                context.Add(new StudioEvent(EventKind.LateWriteRefused, $"attempt {attempt} ended as {end}, too late: refused, the trial is {trial.State} with attempt {trial.Attempt}", trial.StudyId, trialId, attempt, row.WorkerId));
            }
            await context.NotifyAsync(trial.StudyId, cancellationToken);
            return said;
        }, Patience, cancellationToken);
        Faults.Reach(FaultPoint.BetweenCommitAndReply);
        return answer;
    }

    private static void EndLost(StudioContext context, Study study, Trial trial, Attempt? last, DateTimeOffset now)
    {
        if (trial.State is not TrialState.Running || last is not { State: AttemptState.Running })
            return;
        last.End(AttemptState.Lost, "its worker was lost", now);
        context.Add(new StudioEvent(EventKind.AttemptLost, $"attempt {last.Number} was lost with its worker", study.Id, trial.Id, last.Number, last.WorkerId));
    }

    private static string? Lack(Trial trial, WorkerNode worker)
    {
        if (!worker.Backbones.Any(held => held.Hash == trial.Plan.Backbone.Hash))
            return LackText.OfBackbone(trial.Plan.Backbone, trial.StudyId);
        return worker.Tasks.Any(held => held.Hash == trial.Plan.Task.Hash)
            ? null
            : $"lacks the task {trial.Plan.Task.Name} ({LackText.Short(trial.Plan.Task.Hash)}) of study {trial.StudyId}; put its folder where this worker reads tasks";
    }
}
