using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs.Tests;

public sealed class FencingTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static WorkerNode Node(string id) => new(id, "test", 1, "cpu", 1, "test", MiniStudy.Executor().FindAssets().Backbones, MiniStudy.Executor().FindAssets().Tasks, DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task A_zombies_late_result_is_refused_and_recorded()
    {
        await using var studio = await Studio.OpenAsync();
        var (attempts, trial) = await FirstTrialAsync(studio);
        var result = ResultOf(trial.Plan);
        (await attempts.StartAsync(trial.Id, Node("zombie"), None)).ShouldBeOfType<StartAnswer.Started>().Attempt.ShouldBe(1);
        (await attempts.StartAsync(trial.Id, Node("rescuer"), None)).ShouldBeOfType<StartAnswer.NotHere>().Reason.ShouldContain("still beats on zombie");
        await SilenceAsync(studio);
        (await attempts.StartAsync(trial.Id, Node("rescuer"), None)).ShouldBeOfType<StartAnswer.Started>().Attempt.ShouldBe(2);

        (await attempts.CompleteAsync(trial.Id, 1, result with { BestEpoch = 2 }, null, null, None)).ShouldBe(WriteAnswer.Refused);
        (await attempts.CompleteAsync(trial.Id, 2, result, null, null, None)).ShouldBe(WriteAnswer.Accepted);
        (await attempts.CompleteAsync(trial.Id, 2, result, null, null, None)).ShouldBe(WriteAnswer.AlreadyDone);
        (await attempts.FailAsync(trial.Id, 1, "late", again: true, None)).ShouldBe(WriteAnswer.Refused);

        await using var context = studio.Database.Open();
        (await context.Trials.SingleAsync(row => row.Id == trial.Id)).Result.ShouldBe(result);
        (await context.Attempts.Where(attempt => attempt.TrialId == trial.Id).OrderBy(attempt => attempt.Number).Select(attempt => attempt.State).ToListAsync())
            .ShouldBe([AttemptState.Lost, AttemptState.Completed]);
        (await context.Events.CountAsync(line => line.TrialId == trial.Id && line.Kind == EventKind.LateWriteRefused)).ShouldBe(2);
        (await context.Scores.CountAsync(score => score.TrialId == trial.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_trial_that_kills_its_worker_fails_after_three_attempts()
    {
        await using var studio = await Studio.OpenAsync();
        var (attempts, trial) = await FirstTrialAsync(studio);
        for (var number = 1; number <= 3; number++)
        {
            (await attempts.StartAsync(trial.Id, Node($"w{number}"), None)).ShouldBeOfType<StartAnswer.Started>().Attempt.ShouldBe(number);
            await SilenceAsync(studio);
        }
        (await attempts.StartAsync(trial.Id, Node("w4"), None)).ShouldBeOfType<StartAnswer.Over>();

        await using var context = studio.Database.Open();
        var failed = await context.Trials.SingleAsync(row => row.Id == trial.Id);
        failed.State.ShouldBe(TrialState.Failed);
        failed.Reason.ShouldNotBeNull().Split('\n').ShouldBe(["attempt 1: its worker was lost", "attempt 2: its worker was lost", "attempt 3: its worker was lost"]);
        (await context.Attempts.CountAsync(attempt => attempt.TrialId == trial.Id && attempt.State == AttemptState.Lost)).ShouldBe(3);
    }

    [Fact]
    public async Task A_cancelled_studys_trials_do_not_wait_again()
    {
        await using var studio = await Studio.OpenAsync();
        var (attempts, first) = await FirstTrialAsync(studio);
        await using var context = studio.Database.Open();
        var second = await context.Trials.Where(trial => trial.Id != first.Id).Select(trial => trial.Id).SingleAsync();
        foreach (var trial in (long[])[first.Id, second])
            (await attempts.StartAsync(trial, Node("w"), None)).ShouldBeOfType<StartAnswer.Started>();
        (await studio.Jobs.Commands.CancelAsync(first.StudyId, "anna", None)).ShouldBe(CommandAnswer.Done);

        (await attempts.PutBackAsync(first.Id, 1, None)).ShouldBe(WriteAnswer.Accepted);
        (await attempts.FailAsync(second, 1, "the disk is full", again: true, None)).ShouldBe(WriteAnswer.Accepted);

        var trials = await context.Trials.AsNoTracking().OrderBy(trial => trial.Id).ToListAsync();
        trials.ShouldAllBe(trial => trial.State == TrialState.Cancelled && trial.FinishedAt != null);
        trials[1].Reason.ShouldBe("attempt 1: the disk is full\ncancelled");
        await History.CheckAsync(context, first.StudyId);
    }

    [Fact]
    public async Task A_stage_is_decided_once_however_many_finish_it()
    {
        await using var studio = await Studio.OpenAsync();
        var (attempts, _) = await FirstTrialAsync(studio);
        await using var context = studio.Database.Open();
        var study = await context.Studies.SingleAsync();
        var trials = await context.Trials.OrderBy(trial => trial.Id).ToListAsync();
        foreach (var trial in trials)
            await attempts.StartAsync(trial.Id, Node("w"), None);

        await Task.WhenAll(trials.Select(async trial =>
        {
            await attempts.CompleteAsync(trial.Id, 1, ResultOf(trial.Plan), null, null, None);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => studio.Jobs.Progress.AdvanceAsync(study.Id, None)));
        }));

        var steps = await context.Steps.AsNoTracking().OrderBy(step => step.Number).ToListAsync();
        steps.Select(step => step.Key.ToString()).ShouldBe(["S0", "S1"]);
        (await context.Events.CountAsync(line => line.Kind == EventKind.StepDecided)).ShouldBe(1);
        var waiting = await context.Trials.Where(trial => trial.State == TrialState.Waiting).Select(trial => trial.Id).ToListAsync();
        waiting.Count.ShouldBe(4);
        waiting.ShouldBeSubsetOf(await studio.Jobs.Queue.ReadAsync(None));
    }

    // Found by freezing a worker with SIGSTOP between two statements: everybody else waited for its row lock, for as long as it slept.
    [Fact]
    public async Task A_process_frozen_inside_a_transaction_does_not_keep_its_locks()
    {
        await using var studio = await Studio.OpenAsync();
        var (_, trial) = await FirstTrialAsync(studio);
        await using var frozen = studio.Database.Open();
        await using var transaction = await frozen.Database.BeginTransactionAsync();
        await frozen.LockStudyAsync(trial.StudyId, None);
        await studio.Jobs.Progress.AdvanceAsync(trial.StudyId, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        await Should.ThrowAsync<Exception>(() => transaction.CommitAsync());
    }

    private static async Task<(TrialAttempts Attempts, Trial Trial)> FirstTrialAsync(Studio studio)
    {
        await studio.CreateAsync();
        await using var context = studio.Database.Open();
        return (new(studio.Database), await context.Trials.OrderBy(trial => trial.Id).FirstAsync());
    }

    private static TrialResult ResultOf(TrialPlan plan) =>
        ((TrialOutcome.Completed)MiniStudy.Executor().Run(plan, new Progress<TrialProgress>(), None)).Result;

    /// <summary>As if no heartbeat had come for a minute.</summary>
    private static async Task SilenceAsync(Studio studio)
    {
        await using var context = studio.Database.Open();
        await context.Database.ExecuteSqlAsync($"update attempts set heartbeat_at = heartbeat_at - interval '1 minute'");
    }
}
