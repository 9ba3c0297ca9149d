using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz's side of a run: takes what is to be run from the job's name (a recovery trigger has no data of its own, quartznet#2083), and fires again where it is not done.</summary>
/// <param name="keyOf">what is to be run, of the job's name.</param>
/// <param name="run">null: the job is done. Else it is to fire again after this time.</param>
/// <param name="enqueueAgain">one more firing after a time.</param>
/// <param name="beforeRemoval">a worker that dies here has done its work; its job is still there.</param>
/// <param name="busy">told 1 at the beginning and -1 at the end.</param>
/// <param name="log">of what could not be run.</param>
internal abstract class NamedJob<TKey>(
    Func<string, TKey> keyOf, Func<TKey, Task<TimeSpan?>> run, Func<TKey, TimeSpan, CancellationToken, Task> enqueueAgain, FaultPoint beforeRemoval, Action<int> busy, ILogger log) : IJob
{
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        busy(1);
        try
        {
            await FireAsync(keyOf(context.JobDetail.Key.Name));
        }
        finally
        {
            busy(-1);
        }
    }

    private async Task FireAsync(TKey key)
    {
        TimeSpan? again;
        try
        {
            again = await run(key);
        }
        catch (Exception error)
        {
            log.LogError(error, "the job {Key} could not be run; it is tried again", key);
            again = AfterError;
        }
        if (again is { } delay)
            await enqueueAgain(key, delay, CancellationToken.None);
        Faults.Reach(beforeRemoval);
    }
}
