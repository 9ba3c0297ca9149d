using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.Costs;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;
using PeftStudio.Search.Tests.Studies;

namespace PeftStudio.Search.Tests.Costs;

public sealed class TrialFeaturesTests
{
    private static readonly BackboneShape Tiny = new("bert", [new StackShape("encoder", 2, 4, 4, 8)], 1_000);

    [Fact]
    public void Memory_is_counted_from_the_layers_structure()
    {
        var facts = Facts(Tiny, 2, ["bitfit"], tuned: 2);
        var memory = TrialFeatures.Of(facts).Memory;
        // By hand, for one row of 3 tokens: the first layer keeps 3 (a + 2d + f) + 2a 3 = 84 numbers, and the weights of two heads, 2 3 3; the last one, which computes one token, 44 and 2 1 3.
        memory.KeptBytes.ShouldBe(4 * 5 * (84 + 18 + 44 + 6));
        // 3 (2a + 5d + 2f) + 2a 3 and the weights, of the 5 rows of a training batch: the evaluation has only 2.
        memory.WorkingBytes.ShouldBe(4 * 5 * (156 + 18));
        // Seven numbers a parameter: the method's, and the head's (16 + 3 x 4).
        memory.TrainedBytes.ShouldBe(28 * (facts.Sizes.ShouldNotBeNull().Parameters + 28));
        memory.TextBytes.ShouldBe(1_234);
        // An evaluation of 64 rows takes the place of what was kept, and more.
        TrialFeatures.Of(facts with { EvaluatedRows = 100 }).Memory.WorkingBytes.ShouldBe((4 * 64 * (156 + 18)) - memory.KeptBytes);
    }

    [Fact]
    public void Below_the_lowest_trained_layer_nothing_is_kept_and_nothing_goes_backward()
    {
        var all = TrialFeatures.Of(Facts(Shapes.RobertaBase, 12, ["lora"], tuned: 12));
        var third = TrialFeatures.Of(Facts(Shapes.RobertaBase, 12, ["lora"], tuned: 4));
        third.Memory.KeptBytes.ShouldBeInRange(all.Memory.KeptBytes * 0.25, all.Memory.KeptBytes * 0.34);
        third.Training.BackwardFlops.ShouldBeInRange(all.Training.BackwardFlops * 0.25, all.Training.BackwardFlops * 0.34);
        third.Training.ForwardFlops.ShouldBe(all.Training.ForwardFlops);
        third.Memory.WorkingBytes.ShouldBe(all.Memory.WorkingBytes);
    }

    [Fact]
    public void Full_fine_tuning_keeps_more_than_any_set_of_vectors_and_works_twice_as_hard_backward()
    {
        var part = Facts(Shapes.Small, 3, ["bitfit"], tuned: 12);
        var (some, full) = (TrialFeatures.Of(part), TrialFeatures.Of(part with { Design = null, Sizes = null }));
        full.Memory.KeptBytes.ShouldBeGreaterThan(some.Memory.KeptBytes);
        full.Memory.TrainedBytes.ShouldBeGreaterThan(28.0 * Shapes.Small.Parameters);
        full.Training.BackwardFlops.ShouldBe(2 * some.Training.BackwardFlops);
    }

    [Fact]
    public void A_text_to_write_costs_its_decoders_tokens_and_their_logits()
    {
        var shape = new BackboneShape("t5", [new StackShape("encoder", 1, 4, 4, 8), new StackShape("decoder", 1, 4, 4, 8, CrossAttention: true)], 1_000);
        var design = new Design(
            LayerPattern.Uniform, [new LayerGrouping([1]), new LayerGrouping([1])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet(["bitfit"])]);
        var sizes = BudgetSizes.Compute(design, new Budget(percent: 50), shape, NamedMethods.All).Sizes;
        var facts = new CostFacts(shape, 2, design, sizes, 5, RowTokens.AtMost(3), 1, 10, 2, 0) { Written = new WrittenTexts(RowTokens.AtMost(2), Most: 2, Beams: 4, Vocabulary: 10) };
        var (features, wide) = (TrialFeatures.Of(facts), TrialFeatures.Of(facts with { Written = new WrittenTexts(RowTokens.AtMost(2), 2, 4, 1_000) }));
        // By hand, for one row of 3 tokens and a text of 2: the encoder keeps 3 (a + 2d + f) + 2a 3, the decoder 2 (a + 2d + f) + 2a 2, and for the attention to the encoder
        // 2 (2a + 2d) + 2a 3; the weights of two heads, 2 3 3 and 2 2 (2 + 3); then 2 x 10 logits and their logarithms.
        features.Memory.KeptBytes.ShouldBe(4 * 5 * (84 + 56 + 56 + 18 + 20 + 40));
        // The gradients of 5 x 2 x 1000 logits and their logarithms are more than an evaluation of 2 rows has beyond what was kept.
        wide.Memory.WorkingBytes.ShouldBe(4 * 2 * 5 * 2 * 1_000);
        // An evaluation writes 16 rows of 4 beams side by side, each of up to 30 tokens: keys and values of 4 x 30 tokens and the row's 3, and 4 x 1000 logits, their logarithms and a copy.
        var many = TrialFeatures.Of(facts with { EvaluatedRows = 100, Written = new WrittenTexts(RowTokens.AtMost(2), 30, 4, 1_000) });
        many.Memory.KeptBytes.ShouldBe(wide.Memory.KeptBytes);
        many.Memory.CacheBytes.ShouldBe(4 * 16 * 2 * 4 * (120 + 3));
        many.Memory.WorkingBytes.ShouldBe((4 * 16 * 3 * 4 * 1_000) - wide.Memory.KeptBytes);
        // More beams than that at a time: one row's. Their weights are more than the logits are: 65 beams' over 65 x 30 tokens and 3, and what is added, and a copy of a layer's keys and values.
        var beams = TrialFeatures.Of(facts with { EvaluatedRows = 100, Written = new WrittenTexts(RowTokens.AtMost(2), 30, 65, 10) });
        beams.Memory.CacheBytes.ShouldBe(4 * 2 * 4 * (1_950 + 3));
        beams.Memory.WorkingBytes.ShouldBe((4 * ((2 * 4 * 1_950) + (2 * 65 * ((2 * 1_950) + 3)))) - features.Memory.KeptBytes);
        (wide.Memory.CacheBytes, TrialFeatures.Of(facts with { Written = null }).Memory.CacheBytes).ShouldBe((0, 0));
        // 2 rows of 4 beams are one batch, read once by the encoder and then a token at a time.
        features.Evaluation.Batches.ShouldBe(1 + 2);
        // Of each of 10 rows, 2 tokens: a multiplication and an addition for each of 4 x 990 numbers more.
        (wide.Training.ForwardFlops - features.Training.ForwardFlops).ShouldBe(10 * 2 * 2.0 * 4 * 990);
        (wide.Training.BackwardFlops - features.Training.BackwardFlops).ShouldBe(10 * 2 * 2.0 * 4 * 990);
        // A label is four tokens.
        TrialFeatures.Of(facts with { Written = null }).Training.ForwardFlops.ShouldBe(TrialFeatures.Of(facts with { Written = new WrittenTexts(RowTokens.AtMost(4), 4, 4, 0) }).Training.ForwardFlops);
    }

    [Fact]
    public void A_method_of_ones_own_costs_what_its_dimensions_say()
    {
        var facts = Facts(Shapes.Small, 3, ["houlsby"], tuned: 12);
        var own = NamedMethods.Houlsby with { Name = "mine" };
        var design = facts.Design.ShouldNotBeNull() with { Methods = [new MethodSet(["mine"])] };
        var sizes = facts.Sizes.ShouldNotBeNull();
        var mine = facts with { Methods = NamedMethods.With([own]), Design = design, Sizes = sizes with { Sizes = sizes.Sizes.Select(size => size with { Method = "mine" }).ToValueList() } };
        TrialFeatures.Of(mine).ShouldBe(TrialFeatures.Of(facts));
    }

    [Fact]
    public void What_makes_a_prefix_while_it_trains_is_kept_and_updated_with_it()
    {
        var plain = Facts(Tiny, 2, ["prefix"], tuned: 2);
        var made = plain with { Methods = plain.Methods.Select(method => method.Name == "prefix" ? method with { Reparametrisation = 3 } : method).ToValueList() };
        plain.Sizes.ShouldNotBeNull().Sizes.ShouldHaveSingleItem().Size.ShouldBe(31);
        var (less, more) = (TrialFeatures.Of(plain), TrialFeatures.Of(made));
        // By hand, in each of 2 layers: an embedding of 31 x 4, a product 4 -> 3 with biases and one 3 -> 8 with biases, 171 numbers; six of each, because none is copied for the best epoch.
        more.Memory.MakingBytes.ShouldBe(24 * 2 * 171);
        (more.Training.Updates - less.Training.Updates).ShouldBe(2 * 171 * plain.Steps);
        (more with { Memory = less.Memory, Training = less.Training }).ShouldBe(less);
        less.Memory.MakingBytes.ShouldBe(0);
        (more.Memory with { MakingBytes = 0 }).ShouldBe(less.Memory);
    }

    [Fact]
    public void A_trials_rows_are_those_that_its_plan_reads()
    {
        var assets = new StudyAssets(new BackboneAsset("sample", "b", Shapes.Small), [new TaskAsset("similarity", "s", ["0", "1"], ["accuracy"], 600, 90)]);
        var plan = Plans.Small with { Tasks = ["similarity"] };
        var sample = new SampledDesign(0, null, null);
        var trials = TrialPlans.Of(plan, assets, new StageStep(new StageKey(StageName.Start), [new StageChoice(0, "", [sample])]));
        var facts = CostFacts.Of(trials[0].Plan, 3, new RowTokens(30, 20), 0);
        // 600 rows, of which a tenth decides after each of 3 epochs.
        (facts.TrainRows, facts.EvaluatedRows, facts.Steps).ShouldBe((540, 180, 3 * 34));
        var final = TrialPlans.Of(plan, assets, new StageStep(new StageKey(StageName.Final), [new StageChoice(0, "", [sample])]));
        CostFacts.Of(final[0].Plan, 3, new RowTokens(30, 20), 0).EvaluatedRows.ShouldBe((10 * 60) + 90);
    }

    [Fact]
    public void Longer_rows_and_larger_batches_never_cost_less() => Prop.ForAll(
        (from shape in Shapes.AnyShape
         from design in Shapes.AnyDesign(shape)
         from batch in Gen.Choose(1, 64)
         from time in Gen.Choose(2, 200)
         select (shape, design, batch, time)).ToArbitrary(),
        one =>
        {
            var sizes = BudgetSizes.Compute(one.design, new Budget(percent: 100), one.shape, NamedMethods.All).Sizes.ShouldNotBeNull();
            var facts = new CostFacts(one.shape, 4, one.design, sizes, one.batch, RowTokens.AtMost(one.time), 1, 1_000, 100, 0);
            var (less, more) = (TrialFeatures.Of(facts), TrialFeatures.Of(facts with { Tokens = RowTokens.AtMost(one.time + 1) }));
            var larger = TrialFeatures.Of(facts with { BatchSize = one.batch + 1 });
            return more.Memory.KeptBytes >= less.Memory.KeptBytes && more.Training.ForwardFlops > less.Training.ForwardFlops
                && larger.Memory.KeptBytes > less.Memory.KeptBytes && larger.Memory.KeptBytes + larger.Memory.WorkingBytes >= less.Memory.KeptBytes + less.Memory.WorkingBytes;
        }).QuickCheckThrowOnFailure();

    private static CostFacts Facts(BackboneShape shape, int heads, ValueList<string> methods, int tuned)
    {
        var layers = shape.Stacks[0].Layers;
        var design = tuned == layers
            ? new Design(LayerPattern.Uniform, [new LayerGrouping([layers])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet(methods)])
            : new Design(LayerPattern.Uniform, [new LayerGrouping([layers - tuned, tuned])], AllocationPattern.Uniform, new TunableGroups([2]), [MethodSet.Empty, new MethodSet(methods)]);
        var sizes = BudgetSizes.Compute(design, new Budget(percent: 50), shape, NamedMethods.All).Sizes;
        return new CostFacts(shape, heads, design, sizes, 5, RowTokens.AtMost(3), 1, 10, 2, 1_234);
    }
}
