using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;

namespace PeftStudio.Jobs;

/// <summary>
/// Finds what a crash between two stores has lost: trials and exports without a job, and studies that nobody advanced. Identities are compared, never counts. A trial
/// that is open in a study that is over gets a job too: the worker that takes it ends it. It runs at the start of web and workers and every minute after; doing it twice at once is harmless.
/// </summary>
public sealed class QueueSweep(StudioDatabase database, TrialQueue queue, ExportQueue exports, StudyProgress progress, TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Quartz recovers a dead node's job long before; a running row that is silent for longer has none.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(60);

    /// <returns>the trials that were enqueued.</returns>
    public async Task<IReadOnlyList<long>> RunAsync(CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        var now = await context.NowAsync(cancellationToken);
        var late = now - Silent;
        var candidates = await (
            from trial in context.Trials
            where trial.State == TrialState.Waiting || (trial.State == TrialState.Running
                && !context.Attempts.Any(attempt => attempt.TrialId == trial.Id && attempt.Number == trial.Attempt && attempt.HeartbeatAt > late))
            orderby trial.Id
            select trial.Id).ToListAsync(cancellationToken);
        // Read after the rows: a job that ends meanwhile leaves a trial that is over, and running that again does nothing.
        var queued = await queue.ReadAsync(cancellationToken);
        var lost = candidates.Where(trial => !queued.Contains(trial)).ToList();
        await queue.EnqueueAsync(lost, cancellationToken);
        await EnqueueLostExportsAsync(context, cancellationToken);

        foreach (var study in await context.Studies.Where(study => study.FinishedAt == null).OrderBy(study => study.Id).Select(study => study.Id).ToListAsync(cancellationToken))
            await progress.AdvanceAsync(study, cancellationToken);
        return lost;
    }

    /// <summary>One that runs has its job, until it is over or its worker's death is noticed.</summary>
    private async Task EnqueueLostExportsAsync(StudioContext context, CancellationToken cancellationToken)
    {
        var open = await context.Exports.Where(export => export.State == ExportState.Waiting || export.State == ExportState.Running)
            .OrderBy(export => export.AskedAt).Select(export => new ExportKey(export.TrialId, export.Layout)).ToListAsync(cancellationToken);
        if (open.Count == 0)
            return;
        var queued = await exports.ReadAsync(cancellationToken);
        foreach (var export in open.Where(export => !queued.Contains(export)))
            await exports.EnqueueAsync(export, cancellationToken);
    }

    /// <summary>Once now and then every minute, until cancelled. An error is for the caller's log; the next round tries again.</summary>
    public async Task RepeatAsync(Action<Exception> onError, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await RunAsync(cancellationToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                onError(error);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
