using PeftStudio.Search.Exports;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>The exports' jobs: one for each trial and layout, which are the job's name.</summary>
public sealed class ExportQueue(IScheduler scheduler, TimeProvider time)
{
    internal const string Group = "export";

    /// <summary>Jobs fire in the order of their times: this one is before every trial that waits, because it takes seconds and a person waits for it.</summary>
    private static readonly DateTimeOffset BeforeTrials = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly NamedJobs<ExportJob> jobs = new(scheduler, time, Group);

    public Task EnqueueAsync(ExportKey export, CancellationToken cancellationToken) => jobs.EnqueueAsync(export.ToString(), BeforeTrials, cancellationToken);

    /// <summary>One more firing of a job that is being executed now; not before trials, or a worker that cannot make it would do nothing else.</summary>
    public Task EnqueueAgainAsync(ExportKey export, TimeSpan delay, CancellationToken cancellationToken) =>
        jobs.EnqueueAgainAsync(export.ToString(), time.GetUtcNow() + delay, cancellationToken);

    /// <summary>The exports that have a job.</summary>
    public async Task<IReadOnlySet<ExportKey>> ReadAsync(CancellationToken cancellationToken) => (await jobs.ReadAsync(cancellationToken)).Select(ExportKey.Parse).ToHashSet();
}
