using PeftStudio.Search.Costs;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Costs;

public sealed class CostFitTests
{
    private static readonly MemoryRates Memory = new(3e8, 1.1, 0.8, 1.02, 4, 0);
    private static readonly TimeRates Time = new(2e-3, 2e-11, 3e-11, 1e-9);

    private static readonly CostFacts[] Varied =
    [
        Facts(1, 16, 32), Facts(1, 32, 64), Facts(6, 8, 192), Facts(6, 32, 96), Facts(3, 32, 32), Facts(12, 32, 96), Facts(12, 8, 128), Facts(12, 16, 32) with { TaskBytes = 40_000_000 },
        Facts(12, 8, 48) with { Design = null, Sizes = null }, Facts(12, 16, 96) with { Design = null, Sizes = null },
    ];

    [Fact]
    public void Probes_without_errors_give_their_own_rates_and_the_least_margin()
    {
        var model = CostFit.Of([.. Varied.Select(facts => Probe(facts, 1))], 3, 8_000_000_000);
        model.Memory.Process.ShouldBe(Memory.Process, 1e-3 * Memory.Process);
        model.Memory.Kept.ShouldBe(Memory.Kept, 1e-3);
        model.Memory.Working.ShouldBe(Memory.Working, 1e-3);
        model.Memory.Trained.ShouldBe(Memory.Trained, 1e-3);
        model.Memory.Text.ShouldBe(Memory.Text, 1e-3);
        model.MemoryMargin.ShouldBe(0.02, 1e-3);
        var other = Facts(9, 48, 80);
        model.Predict(other).PeakBytes.ShouldBe(1.02 * Memory.Of(TrialFeatures.Of(other).Memory), 2e-3 * Memory.Of(TrialFeatures.Of(other).Memory));
        var seconds = Time.Of(TrialFeatures.Of(other).Training) + Time.Of(TrialFeatures.Of(other).Evaluation);
        model.Predict(other).Seconds.ShouldBe(seconds, 1e-2 * seconds);
    }

    [Fact]
    public void One_odd_probe_turns_neither_rates_nor_margin()
    {
        var model = CostFit.Of([.. Varied.Select((facts, i) => Probe(facts, i == 3 ? 1.4 : 1))], 3, null);
        var other = Facts(9, 48, 80);
        model.Predict(other).PeakBytes.ShouldBe(Memory.Of(TrialFeatures.Of(other).Memory), 0.06 * Memory.Of(TrialFeatures.Of(other).Memory));
        model.MemoryErrors[3].ShouldBeGreaterThan(0.3);
    }

    [Fact]
    public void Probes_that_need_more_than_the_rates_say_widen_the_margin()
    {
        var model = CostFit.Of([.. Varied.Select((facts, i) => Probe(facts, i % 3 == 0 ? 1.08 : 1))], 3, null);
        model.MemoryMargin.ShouldBeGreaterThan(0.03);
        Varied.Where((facts, i) => model.Predict(facts).PeakBytes < Probe(facts, i % 3 == 0 ? 1.08 : 1).PeakBytes).Count().ShouldBeLessThanOrEqualTo(Varied.Length / 4);
    }

    [Fact]
    public void Where_nothing_was_trained_whole_the_trained_parameters_count_as_they_are()
    {
        var model = CostFit.Of([.. Varied.Where(facts => facts.Design is not null).Select(facts => Probe(facts, 1))], 3, null);
        model.Memory.Trained.ShouldBe(1);
    }

    [Fact]
    public void A_rate_is_never_below_zero()
    {
        // The second column only ever made things cheaper.
        var rates = NonNegativeFit.Solve([[1, 1], [1, 2], [1, 3], [1, 4]], [10, 9, 8, 7]);
        rates[1].ShouldBe(0);
        rates[0].ShouldBeInRange(7, 10);
        Should.Throw<ArgumentException>(() => NonNegativeFit.Solve([[1]], [0])).Message.ShouldContain("above 0");
    }

    [Fact]
    public void A_model_survives_its_canonical_form()
    {
        var model = CostFit.Of([.. Varied.Select(facts => Probe(facts, 1.01))], 3, 8_000_000_000);
        CanonicalJson.Read<CostModel>(CanonicalJson.Write(model)).ShouldBe(model);
    }

    private static Probe Probe(CostFacts facts, double times)
    {
        var features = TrialFeatures.Of(facts);
        return new Probe(facts, (long)(times * Memory.Of(features.Memory)), Time.Of(features.Training) / facts.Steps, Time.Of(features.Evaluation));
    }

    private static CostFacts Facts(int tuned, int batch, int time)
    {
        var design = tuned == 12
            ? new Design(LayerPattern.Uniform, [new LayerGrouping([12])], AllocationPattern.Uniform, new TunableGroups([1]), [Shapes.Set("lora", "adapter")])
            : new Design(LayerPattern.Uniform, [new LayerGrouping([12 - tuned, tuned])], AllocationPattern.Uniform, new TunableGroups([2]), [MethodSet.Empty, Shapes.Set("lora")]);
        return new CostFacts(Shapes.Small, 3, design, BudgetSizes.Compute(design, new Budget(percent: 5), Shapes.Small, NamedMethods.All).Sizes, batch, RowTokens.AtMost(time), 1, 4 * batch, 64, 100_000);
    }
}
