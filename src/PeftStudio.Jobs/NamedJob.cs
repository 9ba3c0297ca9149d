using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz's side of a run: takes what is to be run from the job's name (a recovery trigger has no data of its own, quartznet#2083), and fires again where it is not done.</summary>
internal abstract class NamedJob<TKey>(Action<int> busy, ILogger log) : IJob
{
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        busy(1);
        try
        {
            await FireAsync(KeyOf(context.JobDetail.Key.Name));
        }
        finally
        {
            busy(-1);
        }
    }

    /// <summary>A worker that dies here has done its work; its job is still there.</summary>
    protected abstract FaultPoint BeforeRemoval { get; }

    /// <summary>What is to be run.</summary>
    protected abstract TKey KeyOf(string name);

    /// <summary>Null: the job is done. Else it is to fire again after this time.</summary>
    protected abstract Task<TimeSpan?> RunAsync(TKey key);

    protected abstract Task EnqueueAgainAsync(TKey key, TimeSpan delay);

    private async Task FireAsync(TKey key)
    {
        TimeSpan? again;
        try
        {
            again = await RunAsync(key);
        }
        catch (Exception error)
        {
            log.LogError(error, "the job {Key} could not be run; it is tried again", key);
            again = AfterError;
        }
        if (again is { } delay)
            await EnqueueAgainAsync(key, delay);
        Faults.Reach(BeforeRemoval);
    }
}
