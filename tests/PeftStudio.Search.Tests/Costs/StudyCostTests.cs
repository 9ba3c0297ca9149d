using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;
using PeftStudio.Search.Tests.Studies;

namespace PeftStudio.Search.Tests.Costs;

public sealed class StudyCostTests
{
    private static readonly BackboneAsset Backbone = new("sample", "b", Shapes.Small);

    private static readonly CostTask[] Tasks =
    [
        new(new TaskAsset("similarity", "s", ["0", "1"], ["accuracy"], 600, 90), new RowTokens(40, 25), 50_000),
        new(new TaskAsset("sentiment", "t", ["0", "1"], ["accuracy"], 400, 80), new RowTokens(30, 15), 40_000),
    ];

    /// <summary>Every step takes a second and nothing else takes time; memory is a process and the activations.</summary>
    private static readonly CostModel Model = new(3, new MemoryRates(2e8, 1, 1, 1, 1, 1), [0, 0], new TimeRates(0, 0, 0, 0) { Batch = 1 }, 8_000_000_000);

    [Fact]
    public void A_studys_time_is_its_trials()
    {
        var plan = Plans.Small with { Final = Plans.Small.Final with { Epochs = 3, RowsPerTask = 500 }, Compute = Plans.Small.Compute with { RowsPerTask = 500 } };
        var forecast = StudyForecast.Of(plan, Shapes.Small);
        var cost = StudyCost.Of(plan, Backbone, Tasks, forecast, Model);
        // 500 and 360 rows in batches of 16, three times; three evaluations of 60 and 40 rows at 64 a time, and at the end the dev rows.
        var (first, second) = ((3 * 32) + 3, (3 * 23) + 2);
        cost.TrialSeconds.ShouldBe((first + second) / 2.0);
        var (firstFinal, secondFinal) = ((3 * 32) + 5, (3 * 23) + 4);
        var last = forecast.Steps[^1];
        var each = (firstFinal + secondFinal) / 2.0;
        cost.FullSeconds.ShouldBe(each);
        cost.MostSeconds.ShouldBe(((forecast.MostTrials - last.MostTrials) * cost.TrialSeconds) + (last.MostTrials * each), 1e-6);
        cost.LeastSeconds.ShouldBe(((forecast.LeastTrials - last.LeastTrials) * cost.TrialSeconds) + (last.LeastTrials * each), 1e-6);
    }

    [Fact]
    public void Memory_is_the_largest_trials_and_full_fine_tuning_stands_apart()
    {
        var forecast = StudyForecast.Of(Plans.Small, Shapes.Small);
        var cost = StudyCost.Of(Plans.Small, Backbone, Tasks, forecast, Model);
        cost.FullPeakBytes.ShouldNotBeNull().ShouldBeGreaterThan(cost.PeakBytes + (20.0 * Shapes.Small.Parameters));
        var without = Plans.Small with { Final = Plans.Small.Final with { FullFineTuning = false } };
        var less = StudyCost.Of(without, Backbone, Tasks, StudyForecast.Of(without, Shapes.Small), Model);
        (less.FullPeakBytes, less.FullSeconds).ShouldBe((null, null));
        less.PeakBytes.ShouldBe(cost.PeakBytes);
        var larger = Plans.Small with { Training = Plans.Small.Training with { BatchSize = 64 } };
        StudyCost.Of(larger, Backbone, Tasks, forecast, Model).PeakBytes.ShouldBeGreaterThan(cost.PeakBytes);
    }

    [Fact]
    public void One_design_costs_its_seeds_on_its_tasks()
    {
        var design = Shapes.AllTuned(Shapes.Small, Search.DesignSpaces.AllocationPattern.Uniform, Shapes.Set("lora"), Shapes.Set("lora"));
        var plan = Plans.Small with { Space = null, Design = design };
        var cost = StudyCost.Of(plan, Backbone, Tasks, StudyForecast.Of(plan, Shapes.Small), Model);
        cost.LeastSeconds.ShouldBe(cost.MostSeconds);
        cost.MostSeconds.ShouldBe(plan.Final.Seeds * 2 * cost.TrialSeconds, 1e-6);
        cost.FullPeakBytes.ShouldBeNull();
    }
}
