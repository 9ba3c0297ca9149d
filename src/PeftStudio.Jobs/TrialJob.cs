using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>A trial's job. Quartz stores the class's name.</summary>
internal sealed class TrialJob(TrialRun run, TrialQueue queue, Action<int> busy, ILogger<TrialJob> log) : NamedJob(busy, log)
{
    protected override FaultPoint BeforeRemoval => FaultPoint.BetweenNotifyAndJobRemoval;

    protected override Task<TimeSpan?> RunAsync(string name) => run.RunAsync(TrialQueue.TrialOf(name));

    protected override Task EnqueueAgainAsync(string name, TimeSpan delay) => queue.EnqueueAgainAsync(TrialQueue.TrialOf(name), delay, CancellationToken.None);
}
