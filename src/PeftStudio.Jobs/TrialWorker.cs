using Microsoft.Extensions.Logging;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>What a worker is: its device, and what its bits depend on.</summary>
public sealed record WorkerProfile(string NodeId, string Host, int ProcessId, string Device, int Threads, string NumericProfile);

/// <summary>
/// A node of the cluster that runs trials and makes exports, one at a time. Asked to stop, it puts its trial back (no try is counted) and leaves.
/// </summary>
public sealed class TrialWorker(
    StudioDatabase database, WorkerProfile profile, ClusterOptions cluster, ITrialExecutor executor, IAdapterExporter exporter, TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long what runs may take to hear that it is to stop: a training step, a batch, the loading of a backbone, or a whole export.</summary>
    public static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(60);

    private readonly ILogger<TrialWorker> log = logs.CreateLogger<TrialWorker>();

    private int busy;

    /// <summary>Returns after <paramref name="stopping"/> is cancelled and the trial at hand was put back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        WorkerNode? self = null;
        var workers = new WorkerRows(database);
        var assets = executor.FindAssets();
        await workers.RegisterAsync(now => self = new(profile.NodeId, profile.Host, profile.ProcessId, profile.Device, profile.Threads, profile.NumericProfile, assets.Backbones, assets.Tasks, now), stopping);
        var node = self ?? throw new InvalidOperationException("the worker was not registered");
        using var heartbeat = new Heartbeat(database, node.Id, HeartbeatInterval, logs.CreateLogger<Heartbeat>());

        await using var factory = cluster.Build(new WorkerJobFactory(scheduler => Trial(scheduler, node, workers, heartbeat, stopping), scheduler => Export(scheduler, node, workers, stopping)));
        var scheduler = await factory.GetScheduler(stopping);
        await scheduler.Start(stopping);
        log.LogInformation("worker {Id} runs trials on {Device} with {Threads} threads as {Profile}", node.Id, node.Device, node.Threads, node.Profile);

        var queue = new TrialQueue(scheduler, time);
        try
        {
            await new QueueSweep(database, queue, new(scheduler, time), new(database, queue), time).RepeatAsync(error => log.LogError(error, "looking for lost work failed; it is tried again"), stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            log.LogInformation("worker {Id} stops", node.Id);
        }
        await scheduler.Standby(CancellationToken.None);
        for (var began = time.GetTimestamp(); Volatile.Read(ref busy) > 0 && time.GetElapsedTime(began) < LongestEnd;)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        await scheduler.Shutdown(waitForJobsToComplete: true, CancellationToken.None);
        await workers.SayStoppedAsync(node.Id, CancellationToken.None);
    }

    private TrialJob Trial(IScheduler scheduler, WorkerNode node, WorkerRows workers, Heartbeat heartbeat, CancellationToken stopping)
    {
        var queue = new TrialQueue(scheduler, time);
        var run = new TrialRun(
            node, new(database), workers, new(node, workers, executor), heartbeat, new(database, queue), executor, time, logs.CreateLogger<TrialRun>(), stopping);
        return new(run, queue, Busy, logs.CreateLogger<TrialJob>());
    }

    private ExportJob Export(IScheduler scheduler, WorkerNode node, WorkerRows workers, CancellationToken stopping)
    {
        var run = new ExportRun(node, database, new(database), workers, new(node, workers, executor), exporter, logs.CreateLogger<ExportRun>(), stopping);
        return new(run, new(scheduler, time), Busy, logs.CreateLogger<ExportJob>());
    }

    private void Busy(int change) => Interlocked.Add(ref busy, change);
}
