using System.Globalization;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>The trials' jobs: one a trial, the trial's id is the job's name.</summary>
public sealed class TrialQueue(IScheduler scheduler, TimeProvider time)
{
    internal const string Group = "trial";

    private readonly NamedJobs<TrialJob> jobs = new(scheduler, time, Group);

    public async Task EnqueueAsync(IEnumerable<long> trials, CancellationToken cancellationToken)
    {
        foreach (var trial in trials)
            await jobs.EnqueueAsync(NameOf(trial), time.GetUtcNow(), cancellationToken);
    }

    /// <summary>One more firing of a job that is being executed now.</summary>
    public Task EnqueueAgainAsync(long trial, TimeSpan delay, CancellationToken cancellationToken) => jobs.EnqueueAgainAsync(NameOf(trial), time.GetUtcNow() + delay, cancellationToken);

    /// <summary>The trials that have a job.</summary>
    public async Task<IReadOnlySet<long>> ReadAsync(CancellationToken cancellationToken) => (await jobs.ReadAsync(cancellationToken)).Select(TrialOf).ToHashSet();

    internal static long TrialOf(string name) => long.Parse(name, CultureInfo.InvariantCulture);

    private static string NameOf(long trial) => trial.ToString(CultureInfo.InvariantCulture);
}
