using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Writes;

/// <summary>What the database says to a worker that wants to make an export.</summary>
public abstract record ExportStart
{
    private ExportStart()
    {
    }

    /// <summary>The worker holds attempt <paramref name="Attempt"/>.</summary>
    public sealed record Started(int Attempt, BackboneAsset Backbone) : ExportStart;

    /// <summary>Nothing is to be made.</summary>
    public sealed record Over : ExportStart;

    /// <summary>Not by this worker.</summary>
    public sealed record NotHere(int StudyId, string Reason) : ExportStart;
}

/// <summary>
/// The writes of a worker that makes exports. Each is one transaction and harmless twice; each checks the attempt's number under the export's lock, and a write
/// that is refused leaves an event.
/// </summary>
public sealed class ExportAttempts(StudioDatabase database)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>An export whose backbone no live worker has, fails: nobody would ever make it.</summary>
    /// <param name="key">of the export</param>
    /// <param name="worker">who wants to make it, and has read its folders just now</param>
    /// <param name="cancellationToken">of the caller</param>
    public Task<ExportStart> StartAsync(ExportKey key, WorkerNode worker, CancellationToken cancellationToken) =>
        database.WriteAsync<ExportStart>(async context =>
        {
            if (await context.LockExportAsync(key, cancellationToken) is not { IsOver: false } export)
                return new ExportStart.Over();
            var trial = await TrialOf(context, key.TrialId, cancellationToken);
            var backbone = trial.Plan.Backbone;
            var now = await context.NowAsync(cancellationToken);
            if (!Holds(worker, backbone))
            {
                if (await AnotherHoldsAsync(context, worker, backbone, now, cancellationToken))
                    return new ExportStart.NotHere(trial.StudyId, LackText.OfBackbone(backbone, trial.StudyId));
                export.GiveUp($"no worker has the backbone {backbone.Name} ({LackText.Short(backbone.Hash)}) any more; put its folder where a worker reads backbones, and try again", now);
            }
            else if (export.Start(worker.Id, now))
            {
                await context.NotifyAsync(trial.StudyId, cancellationToken);
                return new ExportStart.Started(export.Attempt, backbone);
            }
            context.Add(new StudioEvent(EventKind.ExportFailed, $"the export as {key.Layout} failed: {export.Reason}", trial.StudyId, key.TrialId, null, worker.Id));
            await context.NotifyAsync(trial.StudyId, cancellationToken);
            return new ExportStart.Over();
        }, Patience, cancellationToken);

    /// <param name="key">of the export</param>
    /// <param name="attempt">that made it</param>
    /// <param name="report">the text of export.json</param>
    /// <param name="archive">the file with the archive</param>
    /// <param name="cancellationToken">of the caller</param>
    public async Task<WriteAnswer> CompleteAsync(ExportKey key, int attempt, string report, string archive, CancellationToken cancellationToken)
    {
        var (bytes, hash) = (new FileInfo(archive).Length, await ExportArchive.HashAsync(archive, cancellationToken));
        return await WriteAsync(key, attempt, async (context, export, now) =>
        {
            var answer = export.Complete(attempt, report, bytes, hash, now);
            if (answer is WriteAnswer.Accepted)
                await ExportArchive.StoreAsync(context, key, archive, cancellationToken);
            return (answer, EventKind.ExportMade, FormattableString.Invariant($"exported as {key.Layout}, loaded again and compared: {bytes} bytes"));
        }, cancellationToken);
    }

    public Task<WriteAnswer> RefuseAsync(ExportKey key, int attempt, string reason, CancellationToken cancellationToken) =>
        WriteAsync(key, attempt, (_, export, now) => Task.FromResult((export.Refuse(attempt, reason, now), EventKind.ExportRefused, $"the export as {key.Layout} was refused: {reason}")), cancellationToken);

    public Task<WriteAnswer> FailAsync(ExportKey key, int attempt, string reason, CancellationToken cancellationToken) =>
        WriteAsync(key, attempt, (_, export, now) => Task.FromResult((export.Fail(attempt, reason, now), EventKind.ExportFailed, $"the export as {key.Layout} failed: {reason}")), cancellationToken);

    private Task<WriteAnswer> WriteAsync(
        ExportKey key, int attempt, Func<StudioContext, Export, DateTimeOffset, Task<(WriteAnswer Answer, EventKind Kind, string Text)>> write, CancellationToken cancellationToken) =>
        database.WriteAsync(async context =>
        {
            var export = await context.LockExportAsync(key, cancellationToken) ?? throw new InvalidOperationException($"the export {key} is gone from the database");
            var studyId = (await TrialOf(context, key.TrialId, cancellationToken)).StudyId;
            var (said, kind, text) = await write(context, export, await context.NowAsync(cancellationToken));
            if (said is WriteAnswer.Accepted)
                context.Add(new StudioEvent(kind, text, studyId, key.TrialId, null, export.WorkerId));
            else if (said is WriteAnswer.Refused)
                context.Add(new StudioEvent(EventKind.LateWriteRefused, $"attempt {attempt} at the export as {key.Layout} ended too late: it is {export.State} with attempt {export.Attempt}", studyId, key.TrialId));
            await context.NotifyAsync(studyId, cancellationToken);
            return said;
        }, Patience, cancellationToken);

    private static Task<Trial> TrialOf(StudioContext context, long trialId, CancellationToken cancellationToken) =>
        context.Trials.AsNoTracking().SingleAsync(trial => trial.Id == trialId, cancellationToken);

    private static bool Holds(WorkerNode worker, BackboneAsset backbone) => worker.Backbones.Any(held => held.Hash == backbone.Hash);

    private static async Task<bool> AnotherHoldsAsync(StudioContext context, WorkerNode worker, BackboneAsset backbone, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var since = now - WorkerList.SilentAfter;
        return (await context.Workers.AsNoTracking().Where(other => other.Id != worker.Id && other.StoppedAt == null && other.HeartbeatAt > since).ToListAsync(cancellationToken))
            .Exists(other => Holds(other, backbone));
    }
}
