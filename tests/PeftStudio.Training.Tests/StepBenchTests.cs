using PeftStudio.Training.Bench;

namespace PeftStudio.Training.Tests;

public sealed class StepBenchTests(TrialFixture fixture) : IClassFixture<TrialFixture>
{
    [Fact]
    public void Times_the_steps_after_the_warm_up_and_no_others()
    {
        var result = StepBench.Run(fixture.Backbone, new StepBenchPlan(Batch: 4, Length: 6, Steps: 3, WarmUp: 2, Rank: 2, Seed: 1), TimeProvider.System);
        result.Milliseconds.Count.ShouldBe(3);
        result.Milliseconds.ShouldAllBe(milliseconds => milliseconds > 0);
        result.PeakBytes.ShouldBeGreaterThan(1_000_000);
    }

    [Fact]
    public void Equal_seeds_give_equal_losses()
    {
        var plan = new StepBenchPlan(Batch: 4, Length: 6, Steps: 2, WarmUp: 1, Rank: 2, Seed: 1);
        var loss = StepBench.Run(fixture.Backbone, plan, TimeProvider.System).LastLoss;
        StepBench.Run(fixture.Backbone, plan, TimeProvider.System).LastLoss.ShouldBe(loss);
        StepBench.Run(fixture.Backbone, plan with { Seed = 2 }, TimeProvider.System).LastLoss.ShouldNotBe(loss);
    }
}
