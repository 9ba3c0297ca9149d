using Microsoft.Extensions.Logging;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Writes;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz's side of an export: takes its key from the job's (a recovery trigger has no data of its own, quartznet#2083) and makes it.</summary>
internal sealed class ExportJob(ExportRun run, ExportQueue queue, Action<int> busy, ILogger<ExportJob> log) : IJob
{
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        busy(1);
        try
        {
            await RunAsync(ExportKey.Parse(context.JobDetail.Key.Name));
        }
        finally
        {
            busy(-1);
        }
    }

    private async Task RunAsync(ExportKey key)
    {
        TimeSpan? again;
        try
        {
            again = await run.RunAsync(key);
        }
        catch (Exception error)
        {
            log.LogError(error, "the export {Export} could not be made; it is tried again", key);
            again = AfterError;
        }
        if (again is { } delay)
            await queue.EnqueueAgainAsync(key, delay, CancellationToken.None);
        Faults.Reach(FaultPoint.BetweenExportAndJobRemoval);
    }
}
