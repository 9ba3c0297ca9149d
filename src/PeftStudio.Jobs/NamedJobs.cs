using Quartz;

namespace PeftStudio.Jobs;

/// <summary>
/// The jobs of one kind: one for each name, in a group of their own. Jobs are made at run time only; a job declared again at start loses its recovery
/// (quartznet#3759). Putting a name in twice is harmless.
/// </summary>
internal sealed class NamedJobs<TJob>(IScheduler scheduler, TimeProvider time, string group)
    where TJob : IJob
{
    public async Task EnqueueAsync(string name, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var job = Job(name);
        try
        {
            await scheduler.ScheduleJob(job, Trigger(job.Key, start), cancellationToken: cancellationToken);
        }
        catch (ObjectAlreadyExistsException)
        {
            // It is queued already: by the node that stored it, or by a sweep.
        }
    }

    /// <summary>One more firing of a job that is being executed now.</summary>
    public async Task EnqueueAgainAsync(string name, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var job = Job(name);
        if (await scheduler.Exists(job.Key, cancellationToken))
            await scheduler.ScheduleJob(Trigger(job.Key, start), cancellationToken: cancellationToken);
        else
            await scheduler.ScheduleJob(job, Trigger(job.Key, start), cancellationToken: cancellationToken);
    }

    /// <summary>The names that have a job.</summary>
    public async Task<IReadOnlySet<string>> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        const int Page = 1000;
        for (var skip = 0; ; skip += Page)
        {
            var page = await scheduler.QueryJobs(new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(group), Skip = skip, Take = Page }, cancellationToken);
            foreach (var job in page.Items)
                found.Add(job.Key.Name);
            if (!page.HasMore)
                return found;
        }
    }

    private IJobDetail Job(string name) => JobBuilder.Create<TJob>().WithIdentity(new JobKey(name, group)).RequestRecovery().Build();

    /// <summary>What waits its turn for an hour has missed nothing.</summary>
    private ITrigger Trigger(JobKey job, DateTimeOffset start) => TriggerBuilder.Create(time)
        .ForJob(job)
        .StartAt(start)
        .WithSimpleSchedule(schedule => schedule.WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
        .Build();
}
