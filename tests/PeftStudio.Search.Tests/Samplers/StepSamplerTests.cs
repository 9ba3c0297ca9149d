using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.Samplers;

public sealed class StepSamplerTests
{
    private const long Ample = 10_000_000;
    private static readonly DesignSpace Whole = SpaceBuilder.Build(new SpacePlan(), Small, NamedMethods.All).Space!;

    [Fact]
    public void Each_choice_gets_n_distinct_designs_of_its_own_space() =>
        Prop.ForAll(AnyStep, step =>
        {
            var (space, key, seed, cap) = step;
            var sampled = Sample(space, key, 6, seed, cap);
            var open = OpenChoices.Of(space, key);
            return sampled.Step.Choices.All(choice =>
                choice.Samples.Select(sample => sample.Index).SequenceEqual(Enumerable.Range(0, 6))
                && choice.Label == open[choice.Index].Label
                && choice.Samples.All(sample => open[choice.Index].Space.Contains(sample.Design!, Small) && sample.Sizes!.Parameters <= cap)
                && (choice.Samples.Select(sample => sample.Design).Distinct().Count() == 6
                    || SpaceCounts.Feasible(open[choice.Index].Space, Small, cap, NamedMethods.All) <= 6));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(15));

    [Fact]
    public void Equal_arguments_give_equal_steps_and_another_seed_another() =>
        Prop.ForAll(AnyStep, step =>
        {
            var (space, key, seed, cap) = step;
            var first = CanonicalJson.Write(Sample(space, key, 4, seed, cap));
            return first == CanonicalJson.Write(Sample(space, key, 4, seed, cap)) && first != CanonicalJson.Write(Sample(space, key, 4, seed + 1, cap));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(15));

    [Fact]
    public void Rivals_share_every_draw_but_their_own()
    {
        foreach (var key in new[] { new StageKey(StageName.Grouping), new StageKey(StageName.Allocation), new StageKey(StageName.TunableGroups) })
        {
            var choices = Sample(Whole, key, 5, 1, Ample).Step.Choices;
            choices.ShouldAllBe(choice => choice.Paired);
            for (var i = 0; i < 5; i++)
            {
                var designs = choices.Select(choice => choice.Samples[i].Design!).ToList();
                if (key.Stage is not StageName.Grouping)
                    designs.Select(design => (design.Pattern, design.Groupings)).Distinct().Count().ShouldBe(1);
                if (key.Stage is not StageName.Allocation)
                    designs.Select(design => design.Allocation).Distinct().Count().ShouldBe(1);
                if (key.Stage is not StageName.TunableGroups)
                    designs.Select(design => (design.Tunable, design.Methods)).Distinct().Count().ShouldBe(1);
                // A group that several rivals tune has the same strategy in all of them.
                for (var group = 0; group < 4; group++)
                    designs.Select(design => design.Methods[group]).Where(set => !set.IsEmpty).Distinct().Count().ShouldBeLessThanOrEqualTo(1);
            }
        }
    }

    [Fact]
    public void The_strategies_of_a_group_are_compared_with_earlier_groups_fixed_and_later_ones_random()
    {
        var space = Whole.With(LayerPattern.Spindle).With(AllocationPattern.Uniform).With(new TunableGroups([1, 2, 3, 4])).With(0, Set("lora"));
        var choices = Sample(space, new StageKey(StageName.Strategies, 2), 5, 3, Ample).Step.Choices;

        choices.Select(choice => choice.Label).ShouldBe(DefaultChoices.Strategies(MethodNames).Select(set => set.ToString()));
        foreach (var choice in choices)
            choice.Samples.ShouldAllBe(sample => sample.Design!.Methods[0] == Set("lora") && sample.Design.Methods[1].ToString() == choice.Label);
        for (var i = 0; i < 5; i++)
            choices.Select(choice => (choice.Samples[i].Design!.Groupings, choice.Samples[i].Design!.Methods[2], choice.Samples[i].Design!.Methods[3])).Distinct().Count().ShouldBe(1);
        choices[0].Samples.Select(sample => sample.Design!.Methods[3]).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void S0_draws_from_the_whole_space()
    {
        var step = Sample(Whole, new StageKey(StageName.Start), 60, 5, Ample);
        var designs = step.Step.Choices.ShouldHaveSingleItem().Samples.Select(sample => sample.Design!).ToList();

        step.Notes.ShouldBeEmpty();
        designs.Select(design => design.Pattern).Distinct().Count().ShouldBe(5);
        designs.Select(design => design.Allocation).Distinct().Count().ShouldBe(3);
        designs.Select(design => design.Tunable).Distinct().Count().ShouldBeGreaterThan(10);
        OpenChoices.IsClosed(Whole, new StageKey(StageName.Start)).ShouldBeFalse();
    }

    [Fact]
    public void Components_are_drawn_uniformly_and_independently_of_each_other()
    {
        var sampler = new RandomSampler();
        var designs = Enumerable.Range(0, 3_000).Select(i => sampler.Draw(Whole, Small, new RandomKey(9, new StageKey(StageName.Start), i))).ToList();

        designs.CountBy(design => design.Pattern).ShouldAllBe(count => count.Value > 500 && count.Value < 700);
        designs.CountBy(design => design.Allocation).ShouldAllBe(count => count.Value > 900 && count.Value < 1_100);
        designs.CountBy(design => design.Tunable).ShouldAllBe(count => count.Value > 140 && count.Value < 260);
        designs.Where(design => design.Tunable.Contains(1)).CountBy(design => design.Methods[1]).ShouldAllBe(count => count.Value > 60 && count.Value < 160);
        designs.Where(design => design.Pattern is LayerPattern.Spindle).CountBy(design => design.Groupings).ShouldAllBe(count => count.Value > 100 && count.Value < 200);
    }

    [Fact]
    public void One_open_design_is_sampled_n_times()
    {
        var space = Whole.With(LayerPattern.Uniform).With(new TunableGroups([1])).With(0, Set("lora"));
        var choices = Sample(space, new StageKey(StageName.Allocation), 4, 1, Ample).Step.Choices;

        choices.ShouldAllBe(choice => choice.Samples.Count == 4 && choice.Samples.Select(sample => sample.Design).Distinct().Count() == 1);
    }

    [Fact]
    public void Components_with_one_choice_and_frozen_groups_are_closed()
    {
        var space = Whole.With(LayerPattern.Uniform).With(new TunableGroups([1, 3])).With(2, Set("lora"));

        OpenChoices.IsClosed(space, new StageKey(StageName.Grouping)).ShouldBeTrue();
        OpenChoices.IsClosed(space, new StageKey(StageName.Allocation)).ShouldBeFalse();
        OpenChoices.IsClosed(space, new StageKey(StageName.TunableGroups)).ShouldBeTrue();
        OpenChoices.IsClosed(space, new StageKey(StageName.Strategies, 1)).ShouldBeFalse();
        OpenChoices.IsClosed(space, new StageKey(StageName.Strategies, 3)).ShouldBeTrue();
        OpenChoices.Of(space, new StageKey(StageName.Strategies, 2)).ShouldHaveSingleItem().ShouldBe(new OpenChoice(0, "frozen", space));
        Should.Throw<ArgumentOutOfRangeException>(() => OpenChoices.Of(space, new StageKey(StageName.Strategies, 5)));
    }

    [Fact]
    public void An_index_that_does_not_fit_one_rival_is_redrawn_for_all()
    {
        // Room for the four methods in one group's layers at most.
        var cap = SpaceCounts.SmallestTotal(Whole.With(new TunableGroups([1, 2, 3, 4])), Small, NamedMethods.All) * 2;
        var step = Sample(Whole, new StageKey(StageName.TunableGroups), 4, 2, cap).Step;
        var sampler = new RandomSampler();

        var redrawn = 0;
        foreach (var index in Enumerable.Range(0, 4))
        {
            var first = OpenChoices.Of(Whole, step.Key).Select(choice => sampler.Draw(choice.Space, Small, new RandomKey(2, step.Key, index))).ToList();
            if (first.All(design => BudgetSizes.SmallestTotal(design, Small, NamedMethods.All) <= cap))
                continue;
            redrawn++;
            step.Choices.Where(choice => choice.Paired).ShouldAllBe(choice => choice.Samples[index].Design != first[choice.Index]);
        }
        redrawn.ShouldBeGreaterThan(0);
        step.Choices.Where(choice => choice.Paired).Select(choice => choice.Samples[0].Design!.Groupings).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void A_choice_that_refuses_a_thousand_redraws_goes_unpaired_and_says_so()
    {
        // A sampler that gives Decreasing the same design at every index.
        var space = Whole.With(LayerPattern.Uniform);
        var stuck = new Scripted((open, key) => key.Own.Length == 0 && open.Allocations[0] is AllocationPattern.Decreasing ? key with { Sample = 0, Attempt = 0 } : key);
        var sampled = new StepSampler(stuck, Small, Ample, NamedMethods.All).Sample(space, new StageKey(StageName.Allocation), 3, 1);

        sampled.Notes.ShouldBe(["Decreasing is not paired with the others: sample 2 was redrawn 1,000 times in vain."]);
        sampled.Step.Choices.Select(choice => choice.Paired).ShouldBe([true, true, false]);
        sampled.Step.Choices.ShouldAllBe(choice => choice.Samples.Select(sample => sample.Design).Distinct().Count() == 3);
        sampled.Step.Choices[0].Samples[1].Design!.Tunable.ShouldBe(sampled.Step.Choices[1].Samples[1].Design!.Tunable);
    }

    /// <summary>The hungriest choices leave first, so that those which share designs that fit stay paired.</summary>
    [Fact]
    public void The_costliest_choices_go_unpaired_first()
    {
        var space = Whole.With(LayerPattern.Bottleneck).With(new TunableGroups([1, 2, 3, 4]));
        var choices = Sample(space, new StageKey(StageName.Strategies, 4), 4, 1, 12_000).Step.Choices;

        var costs = OpenChoices.Of(space, new StageKey(StageName.Strategies, 4)).Select(choice => SpaceCounts.SmallestTotal(choice.Space, Small, NamedMethods.All)).ToList();
        var unpaired = choices.Where(choice => !choice.Paired).Select(choice => costs[choice.Index]).ToList();
        unpaired.ShouldNotBeEmpty();
        choices.Where(choice => choice.Paired).ShouldAllBe(choice => costs[choice.Index] <= unpaired.Min());
        choices.ShouldAllBe(choice => choice.Samples.Count == 4 && choice.Samples.All(sample => sample.Sizes!.Parameters <= 12_000));
    }

    [Fact]
    public void A_choice_that_nothing_fits_is_left_out_with_its_reason()
    {
        // Three layers: prefix needs 1,152, adapter 1,731, LoRA 2,304, BitFit 6,336.
        var space = Whole.With(LayerPattern.Uniform).With(new TunableGroups([1]));
        var sampled = Sample(space, new StageKey(StageName.Strategies, 1), 2, 1, 3_456);

        sampled.Step.Choices.Select(choice => (choice.Index, choice.Label)).ShouldBe([(0, "adapter"), (2, "lora"), (3, "prefix"), (6, "adapter+prefix"), (9, "lora+prefix")]);
        sampled.Notes.Count.ShouldBe(10);
        sampled.Notes[0].ShouldBe("bitfit is left out: its smallest design has 6,336 trainable parameters and the budget is 3,456.");
    }

    /// <summary>Whatever fits is found where it is one design in thousands.</summary>
    [Fact]
    public void Rare_designs_that_fit_are_drawn_among_what_fits()
    {
        var all = Whole.With(new TunableGroups([1, 2, 3, 4]));
        var smallest = SpaceCounts.SmallestTotal(all, Small, NamedMethods.All);
        var sampled = Sample(all, new StageKey(StageName.Start), 3, 1, smallest);

        var choice = sampled.Step.Choices.ShouldHaveSingleItem();
        choice.Samples.ShouldAllBe(sample => sample.Sizes!.Parameters == smallest);
        choice.Samples.Select(sample => sample.Design).Distinct().Count().ShouldBe(3);
        sampled.Notes.ShouldBe(["Whole space has few designs that fit the budget: sample 1 was redrawn 1,000 times in vain."]);
    }

    [Fact]
    public void The_fitting_sampler_never_misses_and_can_draw_everything()
    {
        var space = Whole.With(LayerPattern.Increasing).With(AllocationPattern.Uniform).With(new TunableGroups([1, 4]));
        var cap = SpaceCounts.SmallestTotal(space, Small, NamedMethods.All) * 2;
        var fitting = new FittingSampler(cap, NamedMethods.All);
        var drawn = Enumerable.Range(0, 3_000).Select(i => fitting.Draw(space, Small, new RandomKey(1, new StageKey(StageName.Start), i))).ToHashSet();

        drawn.ShouldAllBe(design => space.Contains(design, Small) && BudgetSizes.SmallestTotal(design, Small, NamedMethods.All) <= cap);
        drawn.Count.ShouldBe((int)SpaceCounts.Feasible(space, Small, cap, NamedMethods.All));
        Should.Throw<InvalidOperationException>(() => new FittingSampler(1, NamedMethods.All).Draw(space, Small, new RandomKey(1, new StageKey(StageName.Start), 0)));
    }

    private static SampledStep Sample(DesignSpace space, StageKey key, int n, long seed, long cap) =>
        new StepSampler(new RandomSampler(), Small, cap, NamedMethods.All).Sample(space, key, n, seed);

    private static Arbitrary<(DesignSpace Space, StageKey Key, long Seed, long Cap)> AnyStep =>
        (from stage in Gen.Choose(0, 7)
         from seed in Gen.Choose(0, 1_000_000)
         from cap in Gen.Elements(12_000L, 20_000, 38_729, Ample)
         from sets in Gen.Elements<MethodSet>(Sets).ArrayOf(4)
         select (stage < 4 ? Whole : Enumerable.Range(0, stage - 4).Aggregate(Whole.With(LayerPattern.Bottleneck).With(new TunableGroups([1, 2, 3, 4])), (space, i) =>
                 space.With(i, sets[i].Names.Count > 1 ? Set("lora") : sets[i])),
             stage < 4 ? new StageKey((StageName)stage) : new StageKey(StageName.Strategies, stage - 3), (long)seed, cap)).ToArbitrary();

    /// <summary>The random sampler with its key rewritten.</summary>
    private sealed class Scripted(Func<DesignSpace, RandomKey, RandomKey> rewrite) : ISampler
    {
        public Design Draw(DesignSpace space, BackboneShape shape, RandomKey key) => new RandomSampler().Draw(space, shape, rewrite(space, key));
    }
}
