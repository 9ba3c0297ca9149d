using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Studies;

public sealed class TrialTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly TrialPlan Plan = new(
        new("tiny", "b0", new("bert", [new("encoder", 4, 8, 8, 16)], 10_000)), new("cola", "t0", ["no", "yes"], ["matthews"], 100, 20), null, null, new(),
        Epochs: 3, TrainingRows: 500, 0.1, 1000, DecisionRows.PartOfTrain, EvaluationRows.Decision, StudySeed: 1, TrainingSeed: 0, KeepAdapter: false);

    private static readonly TrialResult Result = new(1, new(50, [new("accuracy", 50)], ConstantPrediction: true), null, [], 1, 1, 100);

    private static Trial Waiting() => new(1, 1, 1, "cola", Plan, Noon);

    private static Trial Running()
    {
        var trial = Waiting();
        trial.Start(Noon).ShouldBeTrue();
        return trial;
    }

    [Fact]
    public void Its_work_is_the_rows_it_reads() => Waiting().Work.ShouldBe(300);

    [Fact]
    public void Completing_twice_changes_nothing()
    {
        var trial = Running();
        trial.Complete(1, Result, Noon).ShouldBe(WriteAnswer.Accepted);
        trial.Complete(1, Result with { BestEpoch = 9 }, Noon).ShouldBe(WriteAnswer.AlreadyDone);
        (trial.State, trial.Score, trial.Collapsed, trial.Result).ShouldBe((TrialState.Completed, 50, true, Result));
        trial.Fail(1, "late", again: true, Noon).ShouldBe(WriteAnswer.Refused);
        Should.Throw<InvalidOperationException>(() => trial.Start(Noon));
    }

    /// <summary>The two sets of rows have scores of their own: a prediction may be constant on one of them alone.</summary>
    [Fact]
    public void What_a_reader_has_to_know_of_a_score_is_kept_for_each_set_of_rows()
    {
        var (fine, collapsed, undefined) = (new RowsScore(50, [], ConstantPrediction: false), new RowsScore(0, [], ConstantPrediction: true), new RowsScore(0, [], ConstantPrediction: false) { ZeroDenominator = true });
        Marks(fine, null).ShouldBe((false, false, false, false));
        Marks(fine, collapsed).ShouldBe((false, false, true, false));
        Marks(collapsed, fine).ShouldBe((true, false, false, false));
        Marks(undefined, fine).ShouldBe((false, true, false, false));
        Marks(fine, undefined).ShouldBe((false, false, false, true));

        static (bool, bool, bool, bool) Marks(RowsScore decision, RowsScore? dev)
        {
            var trial = Running();
            trial.Complete(1, Result with { Decision = decision, Dev = dev }, Noon);
            return (trial.Collapsed, trial.ZeroDenominator, trial.DevCollapsed, trial.DevZeroDenominator);
        }
    }

    [Fact]
    public void An_attempt_below_the_newest_cannot_write()
    {
        var trial = Running();
        trial.Start(Noon).ShouldBeTrue();
        trial.Complete(1, Result, Noon).ShouldBe(WriteAnswer.Refused);
        trial.Fail(1, "x", again: true, Noon).ShouldBe(WriteAnswer.Refused);
        trial.PutBack(1).ShouldBe(WriteAnswer.Refused);
        trial.ConfirmCancelled(1, Noon).ShouldBe(WriteAnswer.Refused);
        trial.Complete(2, Result, Noon).ShouldBe(WriteAnswer.Accepted);
    }

    [Fact]
    public void Three_tries_are_all_and_preempted_ones_do_not_count()
    {
        var trial = Waiting();
        for (var number = 1; number <= 5; number++)
        {
            trial.Start(Noon).ShouldBeTrue();
            trial.PutBack(number).ShouldBe(WriteAnswer.Accepted);
        }
        for (var number = 6; number <= 8; number++)
        {
            trial.State.ShouldBe(TrialState.Waiting);
            trial.Start(Noon).ShouldBeTrue();
            trial.Fail(number, "disk full", again: true, Noon).ShouldBe(WriteAnswer.Accepted);
        }
        trial.State.ShouldBe(TrialState.Failed);
        trial.Reason.ShouldNotBeNull().Split('\n').Length.ShouldBe(3);
    }

    [Fact]
    public void A_failure_that_comes_again_fails_at_once()
    {
        var trial = Running();
        trial.Fail(1, "NaN", again: false, Noon).ShouldBe(WriteAnswer.Accepted);
        (trial.State, trial.Tries).ShouldBe((TrialState.Failed, 1));
        Should.Throw<InvalidOperationException>(() => trial.Retry(stepDecided: true)).Message.ShouldContain("its stage is decided");
        trial.Retry(stepDecided: false);
        (trial.State, trial.Tries, trial.Attempt, trial.Reason).ShouldBe((TrialState.Waiting, 0, 1, null));
        Should.Throw<InvalidOperationException>(() => trial.Retry(stepDecided: false));
    }

    /// <summary>It failed before its worker read that it was to be cancelled; who retries it wants it to run.</summary>
    [Fact]
    public void A_retried_trial_is_not_cancelled_by_what_was_asked_before()
    {
        var trial = Running();
        trial.Cancel("enough", Noon).ShouldBeTrue();
        trial.Fail(1, "NaN", again: false, Noon).ShouldBe(WriteAnswer.Accepted);
        trial.Retry(stepDecided: false);
        (trial.State, trial.CancelRequested).ShouldBe((TrialState.Waiting, false));
    }

    [Fact]
    public void Cancelling_ends_a_waiting_trial_and_asks_a_running_one()
    {
        var waiting = Waiting();
        waiting.Cancel("enough", Noon).ShouldBeTrue();
        waiting.State.ShouldBe(TrialState.Cancelled);
        waiting.Cancel("enough", Noon).ShouldBeFalse();
        var running = Running();
        running.Cancel("enough", Noon).ShouldBeTrue();
        (running.State, running.CancelRequested).ShouldBe((TrialState.Running, true));
        running.ConfirmCancelled(1, Noon).ShouldBe(WriteAnswer.Accepted);
        running.State.ShouldBe(TrialState.Cancelled);
    }
}
