using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz's side of a run: takes what is to be run from the job's name (a recovery trigger has no data of its own, quartznet#2083), and fires again where it is not done.</summary>
internal abstract class NamedJob(Action<int> busy, ILogger log) : IJob
{
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        busy(1);
        try
        {
            await FireAsync(context.JobDetail.Key.Name);
        }
        finally
        {
            busy(-1);
        }
    }

    /// <summary>A worker that dies here has done its work; its job is still there.</summary>
    protected abstract FaultPoint BeforeRemoval { get; }

    /// <summary>Null: the job is done. Else it is to fire again after this time.</summary>
    protected abstract Task<TimeSpan?> RunAsync(string name);

    protected abstract Task EnqueueAgainAsync(string name, TimeSpan delay);

    private async Task FireAsync(string name)
    {
        TimeSpan? again;
        try
        {
            again = await RunAsync(name);
        }
        catch (Exception error)
        {
            log.LogError(error, "the job {Name} could not be run; it is tried again", name);
            again = AfterError;
        }
        if (again is { } delay)
            await EnqueueAgainAsync(name, delay);
        Faults.Reach(BeforeRemoval);
    }
}
