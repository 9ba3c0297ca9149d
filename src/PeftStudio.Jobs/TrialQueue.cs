using System.Globalization;
using Quartz;

namespace PeftStudio.Jobs;

/// <summary>
/// The trials' jobs: one a trial, the trial's id is the job's name. Jobs are made at run time only; a job declared again at start loses its recovery
/// (quartznet#3759). Putting a trial in twice is harmless.
/// </summary>
public sealed class TrialQueue(IScheduler scheduler, TimeProvider time)
{
    private const string Group = "trial";

    public async Task EnqueueAsync(IEnumerable<long> trials, CancellationToken cancellationToken)
    {
        foreach (var trial in trials)
        {
            var job = JobBuilder.Create<TrialJob>().WithIdentity(KeyOf(trial)).RequestRecovery().Build();
            try
            {
                await scheduler.ScheduleJob(job, Trigger(job.Key, TimeSpan.Zero), cancellationToken: cancellationToken);
            }
            catch (ObjectAlreadyExistsException)
            {
                // It is queued already: by the node that stored it, or by a sweep.
            }
        }
    }

    /// <summary>One more firing of a job that is being executed now.</summary>
    public async Task EnqueueAgainAsync(long trial, TimeSpan delay, CancellationToken cancellationToken)
    {
        var job = JobBuilder.Create<TrialJob>().WithIdentity(KeyOf(trial)).RequestRecovery().Build();
        if (await scheduler.Exists(job.Key, cancellationToken))
            await scheduler.ScheduleJob(Trigger(job.Key, delay), cancellationToken: cancellationToken);
        else
            await scheduler.ScheduleJob(job, Trigger(job.Key, delay), cancellationToken: cancellationToken);
    }

    /// <summary>The trials that have a job.</summary>
    public async Task<IReadOnlySet<long>> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<long>();
        const int Page = 1000;
        for (var skip = 0; ; skip += Page)
        {
            var page = await scheduler.QueryJobs(new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(Group), Skip = skip, Take = Page }, cancellationToken);
            foreach (var job in page.Items)
                found.Add(TrialOf(job.Key));
            if (!page.HasMore)
                return found;
        }
    }

    internal static long TrialOf(JobKey key) => long.Parse(key.Name, CultureInfo.InvariantCulture);

    private static JobKey KeyOf(long trial) => new(trial.ToString(CultureInfo.InvariantCulture), Group);

    /// <summary>A trial that waits its turn for an hour has missed nothing.</summary>
    private ITrigger Trigger(JobKey job, TimeSpan delay) => TriggerBuilder.Create(time)
        .ForJob(job)
        .StartAt(time.GetUtcNow() + delay)
        .WithSimpleSchedule(schedule => schedule.WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
        .Build();
}
