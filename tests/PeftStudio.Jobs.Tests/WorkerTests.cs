using System.Globalization;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs.Tests;

public sealed class WorkerTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_worker_that_is_asked_to_go_puts_its_trial_back_and_no_try_is_counted()
    {
        await using var studio = await Studio.OpenAsync();
        var stop = studio.StartWorker(MiniStudy.Executor(60_000));
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Trials.AnyAsync(trial => trial.State == TrialState.Running));
        await stop();
        await using var context = studio.Database.Open();
        var trial = await context.Trials.AsNoTracking().SingleAsync(row => row.Attempt == 1);
        (trial.State, trial.Tries).ShouldBe((TrialState.Waiting, 0));
        (await WorkerList.ReadAsync(context, None)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Stopped);
        studio.StartWorker();
        await studio.UntilOverAsync(id);
        (await context.Attempts.Where(attempt => attempt.TrialId == trial.Id).OrderBy(attempt => attempt.Number).Select(attempt => attempt.State).ToListAsync())
            .ShouldBe([AttemptState.Preempted, AttemptState.Completed]);
        await History.CheckAsync(context, id);
    }

    [Fact]
    public async Task Only_workers_of_the_studys_numeric_profile_run_its_trials()
    {
        await using var studio = await Studio.OpenAsync();
        var id = await studio.CreateAsync();
        var first = studio.StartWorker(MiniStudy.Executor(200), "skylake, 1 thread");
        await studio.UntilAsync(context => context.Studies.AnyAsync(study => study.NumericProfile != null));
        await first();
        studio.StartWorker(numeric: "zen, 2 threads");
        await studio.UntilAsync(context => context.Workers.AnyAsync(worker => worker.Lacks != null));
        await using var context = studio.Database.Open();
        (await WorkerList.ReadAsync(context, None))[0].Lacks.ShouldBe($"computes as zen, 2 threads, but study {id} began on skylake, 1 thread");
        studio.StartWorker(numeric: "skylake, 1 thread");
        await studio.UntilOverAsync(id);
        var strangers = await context.Workers.Where(worker => worker.Profile == "zen, 2 threads").Select(worker => worker.Id).ToListAsync();
        (await context.Attempts.AnyAsync(attempt => strangers.Contains(attempt.WorkerId))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_worker_that_lacks_a_backbone_says_so_and_looks_again()
    {
        await using var studio = await Studio.OpenAsync();
        var executor = new ScriptedExecutor((_, _) => null);
        var complete = executor.Assets;
        executor.Assets = complete with { Backbones = [] };
        studio.StartWorker(executor);
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Workers.AnyAsync(worker => worker.Lacks != null));
        await using var context = studio.Database.Open();
        (await WorkerList.ReadAsync(context, None))[0].Lacks.ShouldNotBeNull().ShouldStartWith("lacks the backbone tiny");
        (await context.Events.CountAsync(line => line.Kind == EventKind.TrialPutBack)).ShouldBe(1);
        executor.Assets = complete;
        await studio.UntilOverAsync(id);
        (await WorkerList.ReadAsync(context, None))[0].Backbones.ShouldBe(complete.Backbones);
    }

    [Fact]
    public async Task Trials_that_lost_their_jobs_are_found_by_identity_when_the_web_starts_again()
    {
        await using var studio = await Studio.OpenAsync();
        var id = await studio.CreateAsync();
        await using var context = studio.Database.Open();
        var trials = await context.Trials.OrderBy(trial => trial.Id).Select(trial => trial.Id).ToListAsync();
        // As if the process had died between the rows and the jobs: one trial without a job, one job without a trial; the counts are equal.
        await LoseJobAsync(context, trials[1]);
        await studio.Jobs.Queue.EnqueueAsync([999_999], None);
        await studio.RestartWebAsync();
        (await studio.Jobs.Sweep.RunAsync(None)).ShouldBe([trials[1]]);
        (await studio.Jobs.Sweep.RunAsync(None)).ShouldBeEmpty();
        studio.StartWorker();
        await studio.UntilOverAsync(id);
        await History.CheckAsync(context, id);
    }

    // Programs before left such rows: a trial put back when its study had been cancelled waited, and nothing looked at it again.
    [Fact]
    public async Task Open_trials_of_a_cancelled_study_are_found_and_ended()
    {
        await using var studio = await Studio.OpenAsync();
        var id = await studio.CreateAsync();
        await using var context = studio.Database.Open();
        await studio.Jobs.Commands.CancelAsync(id, "anna", None);
        var trials = await context.Trials.OrderBy(trial => trial.Id).Select(trial => trial.Id).ToListAsync();
        foreach (var trial in trials)
            await LoseJobAsync(context, trial);
        await context.Database.ExecuteSqlAsync($"update trials set state = 'Waiting', finished_at = null where id = {trials[0]}");
        await context.Database.ExecuteSqlAsync($"update trials set state = 'Running', finished_at = null, attempt = 1 where id = {trials[1]}");
        (await studio.Jobs.Sweep.RunAsync(None)).ShouldBe(trials);
        // It lacks both files: what is only to be ended needs none.
        studio.StartWorker(new ScriptedExecutor((_, _) => null) { Assets = new([], []) });
        await studio.UntilAsync(async context => !await context.Trials.AnyAsync(trial => trial.State != TrialState.Cancelled), seconds: 30);
        var queue = await QueueList.ReadAsync(context, 0, 10, None);
        (queue.Running.Count, queue.Waiting).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Two_processes_with_one_id_the_second_is_refused()
    {
        await using var studio = await Studio.OpenAsync();
        var rows = new WorkerRows(studio.Database);
        WorkerNode Make(DateTimeOffset now) => new("w", "test", 1, "cpu", 1, "test", [], [], now);
        await rows.RegisterAsync(Make, None);
        (await Should.ThrowAsync<InvalidOperationException>(() => rows.RegisterAsync(Make, None))).Message.ShouldContain("a worker called w is registered already");
    }

    private static async Task LoseJobAsync(StudioContext context, long trial)
    {
        var job = trial.ToString(CultureInfo.InvariantCulture);
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_simple_triggers where trigger_name in (select trigger_name from quartz.qrtz_triggers where job_name = {job})");
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_triggers where job_name = {job}");
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_job_details where job_name = {job}");
    }
}
