using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.DesignSpaces;

public sealed class SpaceCountsTests
{
    private static readonly BackboneShape Shallow = new("bert", [new StackShape("encoder", 7, 8, 8, 32)], 50_000);

    private static readonly BackboneShape ShallowPair = new(
        "t5", [new StackShape("encoder", 4, 8, 6, 32), new StackShape("decoder", 5, 8, 6, 32, CrossAttention: true)], 50_000);

    [Fact]
    public void Counts_equal_listing() =>
        Prop.ForAll(AnySpace, test =>
        {
            var (space, shape, cap) = test;
            var all = All(space, shape).ToList();
            return all.Distinct().Count() == all.Count && all.Count == space.Count(shape) && all.TrueForAll(design => space.Contains(design, shape))
                && SpaceCounts.SmallestTotal(space, shape, WithHeld) == all.Min(design => BudgetSizes.SmallestTotal(design, shape, WithHeld))
                && SpaceCounts.Infeasible(space, shape, cap, WithHeld)
                    == all.Count(design => BudgetSizes.Compute(design, cap, shape, WithHeld).Sizes is null);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void Narrowing_divides_the_space()
    {
        var space = SpaceBuilder.Build(new SpacePlan(), RobertaBase, NamedMethods.All).Space!;
        var whole = space.Count(RobertaBase);

        Sum(space.Patterns.Select(space.With)).ShouldBe(whole);
        Sum(space.Allocations.Select(space.With)).ShouldBe(whole);
        Sum(space.Tunables.Select(space.With)).ShouldBe(whole);
        var tuned = space.With(new TunableGroups([1, 3]));
        Sum(tuned.Strategies[2].Select(set => tuned.With(2, set))).ShouldBe(tuned.Count(RobertaBase));
        // A frozen group's strategies are no choice.
        tuned.With(1, Set("lora")).Count(RobertaBase).ShouldBe(tuned.Count(RobertaBase));

        BigInteger Sum(IEnumerable<DesignSpace> spaces) => spaces.Aggregate(BigInteger.Zero, (sum, part) => sum + part.Count(RobertaBase));
    }

    [Fact]
    public void What_is_not_of_the_space_is_not_in_it()
    {
        var space = SpaceBuilder.Build(new SpacePlan { Methods = ["lora", "adapter"] }, RobertaBase, NamedMethods.All).Space!;
        var design = AllTuned(RobertaBase, AllocationPattern.Uniform, [.. Enumerable.Repeat(Set("lora"), 4)]);

        space.Contains(design, RobertaBase).ShouldBeTrue();
        space.Contains(design with { Pattern = LayerPattern.Spindle }, RobertaBase).ShouldBeFalse();
        space.Contains(design with { Groupings = [new([3, 3, 4, 2])] }, RobertaBase).ShouldBeFalse();
        space.Contains(design with { Groupings = [] }, RobertaBase).ShouldBeFalse();
        space.With(AllocationPattern.Decreasing).Contains(design, RobertaBase).ShouldBeFalse();
        space.Contains(design with { Tunable = new([1]) }, RobertaBase).ShouldBeFalse();
        space.Contains(design with { Methods = [Set("lora"), Set("lora"), Set("lora"), Set("prefix")] }, RobertaBase).ShouldBeFalse();
        space.Contains(design with { Methods = [Set("lora"), Set("lora"), Set("lora")] }, RobertaBase).ShouldBeFalse();
    }

    /// <summary>The largest space the form offers for a deep backbone, with a cap in the middle of its totals.</summary>
    [Fact]
    public void Eight_groups_of_twenty_four_layers_are_counted_exactly()
    {
        var shape = new BackboneShape("roberta", [new StackShape("encoder", 24, 1024, 1024, 4096)], 354_000_000);
        var space = SpaceBuilder.Build(new SpacePlan { Groups = 8 }, shape, NamedMethods.All).Space!;
        const long cap = 24 * 9 * 1024;

        var feasible = SpaceCounts.Feasible(space, shape, cap, NamedMethods.All);

        feasible.ShouldBeGreaterThan(BigInteger.Zero);
        (feasible + SpaceCounts.Infeasible(space, shape, cap, NamedMethods.All)).ShouldBe(space.Count(shape));
        SpaceCounts.Feasible(space, shape, cap + 1, NamedMethods.All).ShouldBeGreaterThanOrEqualTo(feasible);
    }

    [Fact]
    public void A_budget_that_no_design_fits_is_a_problem()
    {
        var space = SpaceBuilder.Build(new SpacePlan { Methods = ["lora"] }, RobertaBase, NamedMethods.All).Space!;

        // One layer of LoRA at rank 1.
        SpaceCounts.BudgetProblem(space, RobertaBase, 3_072, NamedMethods.All).ShouldBeNull();
        SpaceCounts.BudgetProblem(space, RobertaBase, 3_071, NamedMethods.All).ShouldBe(new PlanProblem("budget",
            "no design of the space fits 3,071 trainable parameters; the smallest has 3,072 (0.0025 %); raise the budget or allow fewer tunable groups or methods"));
    }

    /// <summary>A few of those with sizes of their own, dear and cheap.</summary>
    private static readonly ValueList<MethodSet> AnyHeld = [.. Sets.Take(5), Set("held-adapter"), Set("held-prefix"), Set("held-lora", "lora"), Set("adapter", "held-adapter", "held-heads"), Set("bitfit", "held-heads")];

    private static Arbitrary<(DesignSpace, BackboneShape, long)> AnySpace =>
        (from shape in Gen.Elements(Shallow, ShallowPair)
         from groups in Gen.Choose(2, 3)
         from tunables in Gen.SubListOf<TunableGroups>(DefaultChoices.Tunables(groups)).Where(sets => sets.Count > 0)
         from allocations in Gen.SubListOf(Enum.GetValues<AllocationPattern>()).Where(list => list.Count > 0)
         from patterns in Gen.SubListOf(Enum.GetValues<LayerPattern>()).Select(list =>
             list.Where(pattern => shape.Stacks.All(stack => GroupingVectors.Of(pattern, stack.Layers, groups).Count > 0)).ToList()).Where(list => list.Count > 0)
         from sets in Gen.Elements(Sets, AnyHeld)
         from strategies in Gen.SubListOf<MethodSet>(sets).Where(some => some.Count is > 0 and < 7).ArrayOf(groups)
         from cap in Gen.Choose(50, 2_500)
         select (new DesignSpace(groups, patterns.ToValueList(), allocations.ToValueList(), tunables.ToValueList(), strategies.Select(sets => sets.ToValueList()).ToValueList()),
             shape, (long)cap)).ToArbitrary();

    private static IEnumerable<Design> All(DesignSpace space, BackboneShape shape) =>
        from pattern in space.Patterns
        from vectors in Product(space.Vectors(pattern, shape))
        from allocation in space.Allocations
        from tunable in space.Tunables
        from sets in Product(space.Strategies.Select((sets, i) => tunable.Contains(i) ? sets : [MethodSet.Empty]))
        select new Design(pattern, vectors.ToValueList(), allocation, tunable, sets.ToValueList());

    private static IEnumerable<T[]> Product<T>(IEnumerable<IReadOnlyList<T>> lists) =>
        lists.Aggregate((IEnumerable<T[]>)[[]], (heads, list) => heads.SelectMany(head => list.Select(item => (T[])[.. head, item])));
}
