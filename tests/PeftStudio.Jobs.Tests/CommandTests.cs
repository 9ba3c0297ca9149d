using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Jobs.Tests;

public sealed class CommandTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Stop_lets_the_running_trial_finish_and_starts_no_other()
    {
        await using var studio = await Studio.OpenAsync();
        using var go = new ManualResetEventSlim();
        studio.StartWorker(new ScriptedExecutor((_, cancel) =>
        {
            go.Wait(cancel);
            return null;
        }));
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Trials.AnyAsync(trial => trial.State == TrialState.Running));
        (await studio.Jobs.Commands.StopAsync(id, "anna", None)).ShouldBe(CommandAnswer.Done);
        await using var context = studio.Database.Open();
        (await context.Studies.AsNoTracking().SingleAsync()).State.ShouldBe(StudyState.Stopping);
        go.Set();
        await studio.UntilOverAsync(id);

        var view = (await StudyOverview.ReadAsync(context, id, None)).ShouldNotBeNull();
        view.State.ShouldBe(StudyState.Stopped);
        view.Reason.ShouldBe("stopped by anna");
        (view.Trials.Completed, view.Trials.Cancelled).ShouldBe((1, 1));
        (await studio.Jobs.Commands.StopAsync(id, "anna", None)).State.ShouldBe(CommandState.Refused);
        (await studio.Jobs.Commands.StopAsync(999, "anna", None)).ShouldBe(CommandAnswer.NotFound);
        await History.CheckAsync(context, id);
    }

    [Fact]
    public async Task Cancel_ends_the_running_trial_at_its_next_heartbeat()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker(MiniStudy.Executor(60_000));
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Trials.AnyAsync(trial => trial.State == TrialState.Running));
        (await studio.Jobs.Commands.CancelAsync(id, "anna", None)).ShouldBe(CommandAnswer.Done);
        await studio.UntilAsync(async context => !await context.Trials.AnyAsync(trial => trial.State != TrialState.Cancelled));
        await using var context = studio.Database.Open();
        (await context.Studies.SingleAsync()).State.ShouldBe(StudyState.Cancelled);
        (await context.Attempts.SingleAsync()).State.ShouldBe(AttemptState.Cancelled);
    }

    [Fact]
    public async Task A_failed_choice_holds_the_study_until_its_trials_are_retried()
    {
        // One score is enough to decide by: none comes before both are asked for again.
        using var asked = new ManualResetEventSlim();
        await using var studio = await Studio.OpenAsync();
        var broken = true;
        studio.StartWorker(new ScriptedExecutor((_, _) =>
        {
            if (Volatile.Read(ref broken))
                return new TrialOutcome.Failed("the loss became NaN at step 7 of 40", Again: false);
            asked.Wait(TimeSpan.FromSeconds(30));
            return null;
        }));
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Studies.AnyAsync(study => study.State == StudyState.Held));
        Volatile.Write(ref broken, false);

        await using var context = studio.Database.Open();
        var failed = await context.Trials.AsNoTracking().Where(trial => trial.State == TrialState.Failed).ToListAsync();
        failed.Count.ShouldBe(2);
        failed.ShouldAllBe(trial => trial.Attempt == 1 && trial.Reason == "attempt 1: the loss became NaN at step 7 of 40");
        (await context.Studies.AsNoTracking().SingleAsync()).Reason.ShouldNotBeNull().ShouldContain("retry the failed trials");
        foreach (var trial in failed)
        {
            (await TrialDetail.ReadAsync(context, trial.Id, None)).ShouldNotBeNull().CanRetry.ShouldBeTrue();
            (await studio.Jobs.Commands.RetryTrialAsync(trial.Id, "anna", None)).ShouldBe(CommandAnswer.Done);
        }
        asked.Set();
        await studio.UntilOverAsync(id);
        (await context.Studies.AsNoTracking().SingleAsync()).State.ShouldBe(StudyState.Completed);
        (await studio.Jobs.Commands.RetryTrialAsync(failed[0].Id, "anna", None)).State.ShouldBe(CommandState.Refused);
        await History.CheckAsync(context, id);
    }

    [Fact]
    public async Task A_dropped_choice_lets_the_study_go_on()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker(new ScriptedExecutor((plan, _) =>
            plan is { Design.Pattern: Search.DesignSpaces.LayerPattern.Increasing, Evaluate: EvaluationRows.Decision } && plan.TrainingSeed >= 0 && IsGrouping(studio)
                ? new TrialOutcome.Failed("no memory", Again: false) : null));
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Studies.AnyAsync(study => study.State == StudyState.Held));
        await using var context = studio.Database.Open();
        var step = (await StudySteps.ReadAsync(context, id, None))[^1];
        step.Key.Stage.ShouldBe(StageName.Grouping);
        var increasing = step.Choices.Single(choice => choice.Label == "Increasing");
        (await studio.Jobs.Commands.DropChoiceAsync(id, increasing.ChoiceId, "anna", None)).ShouldBe(CommandAnswer.Done);
        await studio.UntilOverAsync(id);
        var decision = (await StudySteps.ReadAsync(context, id, None))[1].Decision.ShouldNotBeNull();
        decision.WinnerLabel.ShouldBe("Uniform");
        (await studio.Jobs.Commands.DropChoiceAsync(id, increasing.ChoiceId, "anna", None)).State.ShouldBe(CommandState.Refused);
    }

    [Fact]
    public async Task A_failure_that_may_pass_gets_three_attempts()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker(new ScriptedExecutor((_, _) => throw new IOException("the disk is full")));
        await studio.CreateAsync();
        await studio.UntilAsync(async context => await context.Trials.CountAsync(trial => trial.State == TrialState.Failed) == 2);
        await using var context = studio.Database.Open();
        var trial = await context.Trials.FirstAsync();
        trial.Attempt.ShouldBe(3);
        trial.Reason.ShouldNotBeNull().Split('\n').ShouldAllBe(line => line.Contains("IOException: the disk is full"));
    }

    [Fact]
    public async Task One_trial_can_be_cancelled()
    {
        await using var studio = await Studio.OpenAsync();
        var id = await studio.CreateAsync();
        await using var context = studio.Database.Open();
        var trial = await context.Trials.AsNoTracking().OrderBy(row => row.Id).FirstAsync();
        (await studio.Jobs.Commands.CancelTrialAsync(trial.Id, "anna", None)).ShouldBe(CommandAnswer.Done);
        (await studio.Jobs.Commands.CancelTrialAsync(trial.Id, "anna", None)).State.ShouldBe(CommandState.Refused);
        (await studio.Jobs.Commands.CancelTrialAsync(999, "anna", None)).ShouldBe(CommandAnswer.NotFound);
        studio.StartWorker();
        await studio.UntilOverAsync(id);
        (await context.Trials.CountAsync(row => row.State == TrialState.Cancelled)).ShouldBe(1);
    }

    [Fact]
    public async Task The_wall_clock_limit_concludes_with_what_there_is()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker(MiniStudy.Executor(100));
        var id = await studio.CreateAsync(MiniStudy.Plan(minutes: 0.02));
        await studio.UntilOverAsync(id);
        await using var context = studio.Database.Open();
        var study = await context.Studies.SingleAsync();
        study.State.ShouldBe(StudyState.Stopped);
        study.Reason.ShouldBe("the wall-clock limit of 0.02 minutes was reached");
        (await context.Events.CountAsync(line => line.Kind == EventKind.StudyStopped)).ShouldBe(1);
    }

    /// <summary>Only S1's trials are to fail: the newest step says which it is.</summary>
    private static bool IsGrouping(Studio studio)
    {
        using var context = studio.Database.Open();
        return context.Steps.OrderByDescending(step => step.Number).First().Stage == StageName.Grouping;
    }
}
