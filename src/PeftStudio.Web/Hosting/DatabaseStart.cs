using PeftStudio.Jobs;
using PeftStudio.Migrations;
using PeftStudio.Storage;

namespace PeftStudio.Web.Hosting;

/// <summary>
/// Brings the database to this version's schema, waiting for it as long as it takes, opens the queue, and from then on listens to the database
/// and sweeps up what a crash between two stores has lost.
/// </summary>
public sealed class DatabaseStart(StudioDatabase database, Notifications notifications, TimeProvider time, ILogger<DatabaseStart> log) : BackgroundService
{
    private readonly TaskCompletionSource<StudioJobs> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once the schema is this version's and the queue is open.</summary>
    public Task<StudioJobs> Jobs => opened.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var jobs = await Patiently(async () =>
            {
                await Migrator.MigrateAsync(database, stoppingToken);
                return await StudioJobs.OpenAsync(database, NodeId(), time, stoppingToken);
            }, stoppingToken);
            await using (jobs)
            {
                opened.SetResult(jobs);
                await Task.WhenAll(notifications.RunAsync(stoppingToken), jobs.Sweep.RepeatAsync(error => log.LogWarning(error, "the sweep for lost trials failed; it runs again in a minute"), stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            opened.TrySetCanceled(stoppingToken);
        }
        catch (Exception error)
        {
            opened.TrySetException(error);
            throw;
        }
    }

    private async Task<T> Patiently<T>(Func<Task<T>> act, CancellationToken cancel)
    {
        for (var failures = 1; ; failures++)
            try
            {
                return await act();
            }
            catch (Exception error) when (error is not OperationCanceledException && IsAway(error))
            {
                log.LogWarning("the database cannot be reached ({Reason}); trying again", error.Message);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(failures, 10)), time, cancel);
            }
    }

    /// <summary>Quartz wraps what its store meets.</summary>
    private static bool IsAway(Exception error) => StudioDatabase.IsDatabase(error) || (error is Quartz.JobPersistenceException && error.GetBaseException() is System.Data.Common.DbException);

    /// <summary>This start of this process alone.</summary>
    private string NodeId() => $"web-{Environment.MachineName}-{Environment.ProcessId}-{time.GetUtcNow().ToUnixTimeMilliseconds()}";
}
