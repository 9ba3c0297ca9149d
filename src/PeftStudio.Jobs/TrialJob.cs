using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>A trial's job. Quartz stores the class's name.</summary>
internal sealed class TrialJob(TrialRun run, TrialQueue queue, Action<int> busy, ILogger<TrialJob> log)
    : NamedJob<long>(TrialQueue.TrialOf, run.RunAsync, queue.EnqueueAgainAsync, FaultPoint.BetweenNotifyAndJobRemoval, busy, log);
