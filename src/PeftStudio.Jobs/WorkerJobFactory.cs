using Quartz;
using Quartz.Extensibility;

namespace PeftStudio.Jobs;

/// <summary>Makes a job with this process's run; there is no container behind it.</summary>
internal sealed class WorkerJobFactory(Func<IScheduler, TrialJob> trial, Func<IScheduler, ExportJob> export) : IJobFactory
{
    public ValueTask<JobScope> CreateJob(TriggerFiredBundle bundle, IScheduler scheduler, CancellationToken cancellationToken = default) => ValueTask.FromResult(new JobScope(
        bundle.JobDetail.Key.Group switch
        {
            TrialQueue.Group => trial(scheduler),
            ExportQueue.Group => export(scheduler),
            var other => throw new InvalidOperationException($"no job of the group '{other}' is known"),
        }, null));

    public ValueTask ReturnJob(JobScope scope, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
