using PeftStudio.Storage;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>What a process that runs no trials has of the jobs: the commands, the queues to put trials and exports in, the sweep.</summary>
public sealed class StudioJobs : IAsyncDisposable
{
    private readonly StandaloneSchedulerFactory factory;

    private StudioJobs(StandaloneSchedulerFactory factory, IScheduler scheduler, StudioDatabase database, TimeProvider time)
    {
        this.factory = factory;
        Queue = new(scheduler, time);
        Progress = new(database, Queue);
        Commands = new(database, Progress);
        var exports = new ExportQueue(scheduler, time);
        Exports = new(database, exports);
        Sweep = new(database, Queue, exports, Progress, time);
    }

    public TrialQueue Queue { get; }

    public StudyProgress Progress { get; }

    public StudyCommands Commands { get; }

    public ExportCommands Exports { get; }

    public QueueSweep Sweep { get; }

    /// <summary>The database is migrated before this. The scheduler is built and never started, so no trial fires here.</summary>
    public static async Task<StudioJobs> OpenAsync(StudioDatabase database, string nodeId, TimeProvider time, CancellationToken cancellationToken)
    {
        var built = new ClusterOptions(database.ConnectionString, nodeId).Build(jobs: null);
        return new(built, await built.GetScheduler(cancellationToken), database, time);
    }

    public ValueTask DisposeAsync() => factory.DisposeAsync();
}
