using Microsoft.Extensions.Logging;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>One export on this worker, from the claim to the stored archive. It is made between trials and seldom takes a minute, so it is finished even where the worker is asked to go.</summary>
internal sealed class ExportRun(
    WorkerNode worker, StudioDatabase database, ExportAttempts attempts, WorkerRows workers, WorkerAssets assets, IAdapterExporter exporter, ILogger<ExportRun> log, CancellationToken stopping)
{
    private static readonly TimeSpan PutBackDelay = TimeSpan.FromSeconds(5);

    /// <summary>Null: the job is done. Else it is to fire again after this time.</summary>
    public async Task<TimeSpan?> RunAsync(ExportKey key)
    {
        if (stopping.IsCancellationRequested)
            return TimeSpan.Zero;
        await assets.LookAgainAsync();
        switch (await attempts.StartAsync(key, worker, CancellationToken.None))
        {
            case ExportStart.Started started:
                Note(key, started.Attempt, await MakeAsync(key, started));
                return null;
            case ExportStart.NotHere not:
                log.LogInformation("the export {Export} is put back: this worker {Reason}", key, not.Reason);
                await workers.SayLacksAsync(worker.Id, key.TrialId, not.StudyId, not.Reason, CancellationToken.None);
                return PutBackDelay;
            default:
                return null;
        }
    }

    private async Task<WriteAnswer> MakeAsync(ExportKey key, ExportStart.Started started)
    {
        try
        {
            using var folder = new ExportFolder(log);
            var outcome = exporter.Export(new(await AdapterAsync(key.TrialId), started.Backbone, key.Layout), folder.Path);
            Faults.Reach(FaultPoint.BetweenExportAndCommit);
            return await StoreAsync(key, started.Attempt, outcome);
        }
        catch (Exception error)
        {
            log.LogError(error, "the export {Export} failed", key);
            return await attempts.FailAsync(key, started.Attempt, Reason(error), CancellationToken.None);
        }
    }

    private Task<WriteAnswer> StoreAsync(ExportKey key, int attempt, ExportOutcome outcome) => outcome switch
    {
        ExportOutcome.Made made when ExportArchive.Against(new FileInfo(made.Archive).Length, key.Layout) is { } tooLong => attempts.RefuseAsync(key, attempt, tooLong, CancellationToken.None),
        ExportOutcome.Made made => attempts.CompleteAsync(key, attempt, made.Report, made.Archive, CancellationToken.None),
        ExportOutcome.Refused refused => attempts.RefuseAsync(key, attempt, refused.Reason, CancellationToken.None),
        _ => throw new InvalidOperationException($"{outcome} is no outcome of an export"),
    };

    private async Task<AdapterFiles> AdapterAsync(long trial)
    {
        await using var context = database.Open();
        return await AdapterStore.ReadAsync(context, trial, CancellationToken.None) ?? throw new InvalidDataException($"trial {trial} has no stored adapter");
    }

    /// <summary>What the studio throws by itself says enough.</summary>
    private static string Reason(Exception error) => error is InvalidDataException or IOException or UnauthorizedAccessException ? error.Message : $"{error.GetType().Name}: {error.Message}";

    private void Note(ExportKey key, int attempt, WriteAnswer answer)
    {
        if (answer is WriteAnswer.Refused)
            log.LogWarning("attempt {Attempt} at the export {Export} ended too late; its write was refused", attempt, key);
    }
}
