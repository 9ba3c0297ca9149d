using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>A trial's job. Quartz stores the class's name.</summary>
internal sealed class TrialJob(TrialRun run, TrialQueue queue, Action<int> busy, ILogger<TrialJob> log) : NamedJob<long>(busy, log)
{
    protected override FaultPoint BeforeRemoval => FaultPoint.BetweenNotifyAndJobRemoval;

    protected override long KeyOf(string name) => TrialQueue.TrialOf(name);

    protected override Task<TimeSpan?> RunAsync(long key) => run.RunAsync(key);

    protected override Task EnqueueAgainAsync(long key, TimeSpan delay) => queue.EnqueueAgainAsync(key, delay, CancellationToken.None);
}
