using Microsoft.Extensions.Logging;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz's side of a trial: takes the id from the job's key (a recovery trigger has no data of its own, quartznet#2083) and runs it.</summary>
internal sealed class TrialJob(TrialRun run, TrialQueue queue, Action<int> busy, ILogger<TrialJob> log) : IJob
{
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        busy(1);
        try
        {
            await RunAsync(TrialQueue.TrialOf(context.JobDetail.Key));
        }
        finally
        {
            busy(-1);
        }
    }

    private async Task RunAsync(long trial)
    {
        TimeSpan? again;
        try
        {
            again = await run.RunAsync(trial);
        }
        catch (Exception error)
        {
            log.LogError(error, "trial {Trial} could not be run; it is tried again", trial);
            again = AfterError;
        }
        if (again is { } delay)
            await queue.EnqueueAgainAsync(trial, delay, CancellationToken.None);
        Storage.Writes.Faults.Reach(Storage.Writes.FaultPoint.BetweenNotifyAndJobRemoval);
    }
}
