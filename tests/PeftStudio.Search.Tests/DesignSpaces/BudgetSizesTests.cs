using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.DesignSpaces;

public sealed class BudgetSizesTests
{
    private static readonly StackShape Tiny = new("encoder", 4, 4, 4, 16);
    private static readonly BackboneShape TinyShape = new("bert", [Tiny], 100_000);

    [Fact]
    public void Half_a_percent_of_roberta_base_as_lora_everywhere()
    {
        // 620,275 / 12 = 51,689 a layer; a rank costs 4 x 768 = 3,072.
        var sizes = Fitting(AllTuned(RobertaBase, AllocationPattern.Uniform, [.. Enumerable.Repeat(Set("lora"), 4)]), new Budget(percent: 0.5).Cap(RobertaBase), RobertaBase);

        sizes.Sizes.ShouldAllBe(size => size.Size == 16 && size.ParametersPerLayer == 49_152);
        sizes.Parameters.ShouldBe(589_824);
    }

    [Fact]
    public void Fixed_sizes_come_first_and_the_rest_is_split_evenly()
    {
        // Share 1,000 a layer of width 4. BitFit 11 x 4 = 44 leaves 956: 478 each. Adapter (478 - 4) / 9 = 52, LoRA 478 / 16 = 29, 20 left: two more for the adapter.
        var sizes = Fitting(AllTuned(TinyShape, AllocationPattern.Uniform, Set("adapter", "bitfit", "lora"), Set("adapter", "bitfit", "lora")), 4_000, TinyShape);

        sizes.Sizes.Select(size => (size.Method, size.Size)).ShouldBe(
            [("adapter", 54), ("bitfit", 0), ("lora", 29), ("adapter", 54), ("bitfit", 0), ("lora", 29)]);
        sizes.Parameters.ShouldBe(4 * (4 + (9 * 54) + 44 + (16 * 29)));
    }

    [Fact]
    public void Increasing_weights_are_one_to_g()
    {
        // 12 layers of 4,096: weights 1..4 with 3 layers each, 30 in all; 61,440 x w / 30 = 2,048 w.
        var shape = new BackboneShape("bert", [new StackShape("encoder", 12, 64, 64, 256)], 1_000_000);
        var up = Fitting(AllTuned(shape, AllocationPattern.Increasing, [.. Enumerable.Repeat(Set("lora"), 4)]), 61_440, shape);
        var down = Fitting(AllTuned(shape, AllocationPattern.Decreasing, [.. Enumerable.Repeat(Set("lora"), 4)]), 61_440, shape);

        up.Sizes.Select(size => size.Size).ShouldBe([8, 16, 24, 32]);
        down.Sizes.Select(size => size.Size).ShouldBe([32, 24, 16, 8]);
        up.Parameters.ShouldBe(61_440);
    }

    [Fact]
    public void Shares_of_frozen_groups_go_to_the_tuned_ones()
    {
        var design = new Design(LayerPattern.Uniform, [new([1, 1, 1, 1])], AllocationPattern.Increasing, new TunableGroups([2, 4]),
            [MethodSet.Empty, Set("lora"), MethodSet.Empty, Set("lora")]);

        // 960 at 2:4 = 320 and 640, a rank costs 16.
        Fitting(design, 960, TinyShape).Sizes.Select(size => (size.Group, size.Size)).ShouldBe([(1, 20), (3, 40)]);
    }

    [Fact]
    public void A_minimum_above_the_share_is_kept_and_the_others_shrink()
    {
        // Decreasing 4:3:2:1 of 400 = 160, 120, 80, 40. Group 4's adapter + BitFit + LoRA + prefix needs 13 + 44 + 16 + 8 = 81, so the others have 319 at 4:3:2 = 141.7, 106.3, 70.8.
        var design = AllTuned(TinyShape, AllocationPattern.Decreasing, Set("lora"), Set("lora"), Set("lora"), Set("adapter", "bitfit", "lora", "prefix"));
        var sizes = Fitting(design, 400, TinyShape);

        // 8, 6, 4 ranks = 128 + 96 + 64 + 81 = 369; the 31 left buy one rank of the first group.
        sizes.Sizes.Select(size => size.Size).ShouldBe([9, 6, 4, 1, 0, 1, 1]);
        sizes.Parameters.ShouldBe(385);
    }

    [Fact]
    public void What_bitfit_alone_cannot_use_is_not_moved()
    {
        var lora = Fitting(AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("bitfit")), 4_000, TinyShape);

        // 1,000 a layer: 62 ranks = 992, BitFit 44. The 956 x 2 that BitFit leaves buy nothing.
        lora.Sizes.Select(size => size.Size).ShouldBe([62, 0]);
        lora.Parameters.ShouldBe(2 * (992 + 44));
    }

    [Fact]
    public void An_infeasible_design_names_the_group_its_minimum_and_the_remedy()
    {
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("adapter", "bitfit"));
        var infeasible = BudgetSizes.Compute(design, 145, TinyShape, NamedMethods.All).Infeasible.ShouldNotBeNull();

        infeasible.ShouldBe(new InfeasibleDesign(146, 145, 1,
            "at its smallest the design has 146 trainable parameters and the budget is 145; group 2 alone needs 114; raise the budget, tune fewer groups or give them fewer methods"));
        BudgetSizes.Compute(design, 146, TinyShape, NamedMethods.All).Sizes.ShouldNotBeNull().Parameters.ShouldBe(146);
    }

    [Fact]
    public void A_design_that_does_not_fit_the_backbone_is_refused_by_name()
    {
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("lora"));

        Should.Throw<ArgumentException>(() => BudgetSizes.Compute(design, 1000, RobertaBase, NamedMethods.All)).Message
            .ShouldStartWith("design.groupings[0]: sizes [2, 2] add up to 4 layers and the encoder has 12; change a size");
        DesignProblems.Of(design with { Methods = [Set("lorra"), MethodSet.Empty], Tunable = new([1, 2, 3]), Groupings = [] }, TinyShape, NamedMethods.All)
            .Select(problem => problem.Field).ShouldBe(["design.groupings", "design.tunable", "design.methods[0]", "design.methods[1]"]);
    }

    [Fact]
    public void The_cap_is_never_exceeded_and_feasible_is_exactly_the_smallest_total() =>
        Prop.ForAll(AnyBudgetCase, test =>
        {
            var result = BudgetSizes.Compute(test.Design, test.Cap, test.Shape, NamedMethods.All);
            var smallest = BudgetSizes.SmallestTotal(test.Design, test.Shape, NamedMethods.All);
            return (result.Sizes is null) == (smallest > test.Cap) && (result.Infeasible is null) == (smallest <= test.Cap)
                && (result.Sizes is null || (result.Sizes.Parameters <= test.Cap && Counted(result.Sizes, test.Design, test.Shape) == result.Sizes.Parameters));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Equal_arguments_give_equal_sizes_and_a_larger_cap_stays_feasible() =>
        Prop.ForAll(AnyBudgetCase, test =>
        {
            var result = BudgetSizes.Compute(test.Design, test.Cap, test.Shape, NamedMethods.All);
            return result == BudgetSizes.Compute(test.Design, test.Cap, test.Shape, NamedMethods.All)
                && (result.Sizes is null || BudgetSizes.Compute(test.Design, test.Cap + 997, test.Shape, NamedMethods.All).Sizes is not null);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_tuned_group_has_a_size_for_each_method_of_each_stack_and_frozen_groups_have_none() =>
        Prop.ForAll(AnyBudgetCase, test => BudgetSizes.Compute(test.Design, test.Cap, test.Shape, NamedMethods.All).Sizes is not { } sizes
            || (sizes.Sizes.Select(size => (size.Stack, size.Group, size.Method)).SequenceEqual(
                    from stack in test.Shape.Stacks
                    from @group in test.Design.Tunable.Groups
                    from method in test.Design.Methods[@group - 1].Names
                    select (stack.Name, @group - 1, method))
                && sizes.Sizes.All(size => size.Size >= (size.Method == "bitfit" ? 0 : 1)))).QuickCheckThrowOnFailure();

    /// <summary>With one method set for all tuned groups the order always holds, within each stack.</summary>
    [Fact]
    public void Equal_sets_keep_the_order_of_the_allocation() =>
        Prop.ForAll(AnyBudgetCase, test =>
        {
            var set = test.Design.Methods.First(set => !set.IsEmpty);
            var design = test.Design with { Methods = test.Design.Methods.Select(own => own.IsEmpty ? own : set).ToValueList() };
            var cap = BudgetSizes.SmallestTotal(design, test.Shape, NamedMethods.All) * (test.Cap % 17 + 3) / 3;
            return PerLayer(BudgetSizes.Compute(design, cap, test.Shape, NamedMethods.All).Sizes!).All(stack => design.Allocation switch
            {
                AllocationPattern.Increasing => stack.SequenceEqual(stack.Order()),
                AllocationPattern.Decreasing => stack.SequenceEqual(stack.OrderDescending()),
                _ => stack.Distinct().Count() == 1,
            });
        }).QuickCheckThrowOnFailure();

    /// <summary>With different sets: a uniform allocation keeps each layer that is above its minimum within its share, or below the largest other layer.</summary>
    [Fact]
    public void A_uniform_allocation_lifts_no_layer_above_share_and_all_others() =>
        Prop.ForAll(AnyBudgetCase, test =>
        {
            var design = test.Design with { Allocation = AllocationPattern.Uniform };
            if (design.Tunable.Groups.Count == 1 || test.Shape.Stacks.Count > 1 || BudgetSizes.Compute(design, test.Cap, test.Shape, NamedMethods.All).Sizes is not { } sizes)
                return true;
            var share = (double)test.Cap / design.Tunable.Groups.Sum(group => design.Groupings[0].Sizes[group - 1]);
            var above = PerLayer(sizes)[0].Select((perLayer, i) => (perLayer, minimum: Minimum(design.Methods[design.Tunable.Groups[i] - 1], test.Shape.Stacks[0])))
                .Where(layer => layer.perLayer > share).ToList();
            var sized = design.Methods.Count(set => set.Names.Any(name => name != "bitfit"));
            return sized == 1 || above.All(layer => layer.perLayer == layer.minimum || above.Max(other => other.minimum) >= layer.perLayer);
        }).QuickCheckThrowOnFailure();

    /// <summary>Whatever methods meet in a group: the cap holds, what is counted is what the formulas say, and a sized method has at least 1.</summary>
    [Fact]
    public void Every_method_finds_its_size_within_the_cap() =>
        Prop.ForAll(BudgetCase(AllSets), test =>
        {
            var result = BudgetSizes.Compute(test.Design, test.Cap, test.Shape, NamedMethods.All);
            var fits = BudgetSizes.SmallestTotal(test.Design, test.Shape, NamedMethods.All) <= test.Cap;
            return result.Sizes is not { } sizes
                ? !fits
                : fits && sizes.Parameters <= test.Cap && sizes.Parameters == Counted(sizes, test.Design, test.Shape)
                    && sizes.Sizes.All(size => NamedMethods.Get(size.Method).IsSized ? size.Size >= 1 : size.Size == 0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_is_left_that_one_more_unit_of_a_lone_method_could_use() =>
        Prop.ForAll(AnyBudgetCase, test =>
        {
            var design = test.Design with { Methods = test.Design.Methods.Select(own => own.IsEmpty ? own : Set("lora")).ToValueList(), Allocation = AllocationPattern.Uniform };
            var units = test.Shape.Stacks.Select((stack, i) => design.Tunable.Groups.Sum(group => design.Groupings[i].Sizes[group - 1]) * NamedMethods.Lora.UnitParameters(stack)).Sum();
            return BudgetSizes.Compute(design, test.Cap, test.Shape, NamedMethods.All).Sizes is not { } sizes || test.Cap - sizes.Parameters < units;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sizes_in_words()
    {
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("adapter", "prefix"), Set("bitfit"), Set("lora"));
        SizesText.Of(Fitting(design, 490, TinyShape), TinyShape, NamedMethods.All).ShouldBe("G1 LoRA r=7; G2 adapter 6 + prefix 8; G3 BitFit; G4 LoRA r=7: 0.39 %");

        var both = AllTuned(TwoStacks, AllocationPattern.Uniform, Set("lora"), Set("lora"));
        SizesText.Of(Fitting(both, 50_000, TwoStacks), TwoStacks, NamedMethods.All).ShouldBe(
            "encoder: G1 LoRA r=15; G2 LoRA r=15; decoder: G1 LoRA r=7; G2 LoRA r=7: 3.02 %");
        SizesText.Percent(9, RobertaBase).ShouldBe("0.0000073 %");
        SizesText.Percent(124_055_040, RobertaBase).ShouldBe("100.00 %");
    }

    private static DesignSizes Fitting(Design design, long cap, BackboneShape shape) =>
        BudgetSizes.Compute(design, cap, shape, NamedMethods.All).Sizes.ShouldNotBeNull();

    private static long Minimum(MethodSet set, StackShape stack) => set.Names.Sum(name => NamedMethods.Get(name).ParametersPerLayer(stack, 1));

    /// <summary>Counted from the sizes alone, by the methods' formulas.</summary>
    private static long Counted(DesignSizes sizes, Design design, BackboneShape shape) => sizes.Sizes.Sum(size =>
    {
        var stack = shape.Stacks.Select((stack, i) => (stack, i)).Single(stack => stack.stack.Name == size.Stack);
        return design.Groupings[stack.i].Sizes[size.Group] * NamedMethods.Get(size.Method).ParametersPerLayer(stack.stack, size.Size);
    });

    private static List<List<long>> PerLayer(DesignSizes sizes) =>
        [.. sizes.Sizes.GroupBy(size => size.Stack).Select(stack => stack.GroupBy(size => size.Group).Select(group => group.Sum(size => size.ParametersPerLayer)).ToList())];
}
