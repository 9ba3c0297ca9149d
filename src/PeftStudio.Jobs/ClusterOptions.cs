using Npgsql;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>Quartz as this studio runs it: clustered on the studio's own PostgreSQL, in the schema <c>quartz</c>.</summary>
/// <param name="NodeId">this process alone, this start alone: two nodes with one id would hide each other's death.</param>
/// <param name="Checkin">a node that is silent for <paramref name="Checkin"/> + <paramref name="Overdue"/> is taken for dead.</param>
public sealed record ClusterOptions(string ConnectionString, string NodeId, TimeSpan Checkin, TimeSpan Overdue)
{
    /// <summary>Wide enough for a saturated processor; results are fenced by attempt numbers all the same.</summary>
    public ClusterOptions(string connectionString, string nodeId)
        : this(connectionString, nodeId, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8))
    {
    }

    /// <param name="jobs">null on a node that only enqueues: its scheduler is built and never started.</param>
    internal StandaloneSchedulerFactory Build(Quartz.Extensibility.IJobFactory? jobs) => QuartzSchedulerBuilder.Create(quartz =>
    {
        quartz.ConfigureScheduler(options =>
        {
            options.InstanceName = "studio";
            options.InstanceId = NodeId;
            options.IdleWaitTime = TimeSpan.FromSeconds(1);
            options.ShutdownJobInterruption = ShutdownJobInterruption.Never;
        });
        // One trial at a time: the process owns its threads and its device.
        quartz.UseDefaultThreadPool(maxConcurrency: 1);
        if (jobs is not null)
            quartz.UseJobFactory(jobs);
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(new NpgsqlConnectionStringBuilder(ConnectionString) { SearchPath = "quartz", ApplicationName = "quartz", MaxPoolSize = 8 }.ConnectionString);
            store.ProvisionSchema();
            // A process that is done must not be held open by Quartz's housekeeping.
            store.ConfigureStore(options => options.UseBackgroundThreads = true);
            store.UseClustering(cluster =>
            {
                cluster.CheckinInterval = Checkin;
                cluster.CheckinMisfireThreshold = Overdue;
            });
        });
    }).Build();
}
