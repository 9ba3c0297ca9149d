using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.DesignSpaces;

/// <summary>The budget function with methods that have a size of their own.</summary>
public sealed class OwnSizesTests
{
    private static readonly StackShape Tiny = new("encoder", 4, 4, 4, 16);
    private static readonly BackboneShape TinyShape = new("bert", [Tiny], 100_000);

    [Fact]
    public void They_come_first_and_the_rest_of_the_share_goes_to_the_others()
    {
        // 1,000 a layer of width 4. The adapter of 5 has 4 + 9 x 5 = 49, which leaves 951: LoRA 59 ranks of 16, and 7 left a layer, 28 in all: no rank of two layers.
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("held-adapter", "lora"), Set("held-adapter", "lora"));
        var sizes = BudgetSizes.Compute(design, 4_000, TinyShape, WithHeld).Sizes.ShouldNotBeNull();

        sizes.Sizes.ShouldBe(from @group in new[] { 0, 1 }
                             from size in new[] { ("held-adapter", 5, 49L), ("lora", 59, 944L) }
                             select new MethodSize("encoder", @group, size.Item1, size.Item2, size.Item3));
        sizes.Parameters.ShouldBe(4 * (49 + 944));
        SizesText.Groups(sizes, WithHeld).ShouldBe("G1 held adapter 5 + LoRA r=59; G2 held adapter 5 + LoRA r=59");
    }

    [Fact]
    public void A_group_of_them_alone_leaves_what_it_cannot_use()
    {
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("held-lora", "held-prefix"));

        // 62 ranks of 16 beside 2 ranks of LoRA on both products of the feed-forward (40 each) and a prefix of 3 (8 each).
        BudgetSizes.Compute(design, 4_000, TinyShape, WithHeld).Sizes.ShouldNotBeNull().Sizes
            .Select(size => (size.Method, size.Size, size.ParametersPerLayer)).ShouldBe([("lora", 62, 992), ("held-lora", 2, 80), ("held-prefix", 3, 24)]);
    }

    [Fact]
    public void What_does_not_fit_is_told_with_the_remedy()
    {
        var design = AllTuned(TinyShape, AllocationPattern.Uniform, Set("lora"), Set("held-adapter"));

        BudgetSizes.SmallestTotal(design, TinyShape, WithHeld).ShouldBe(2 * (16 + 49));
        BudgetSizes.Compute(design, 130, TinyShape, WithHeld).Sizes.ShouldNotBeNull().Parameters.ShouldBe(130);
        BudgetSizes.Compute(design, 129, TinyShape, WithHeld).Infeasible.ShouldBe(new InfeasibleDesign(130, 129, 1,
            "at its smallest the design has 130 trainable parameters and the budget is 129; group 2 alone needs 98; raise the budget, tune fewer groups or give them fewer methods, or methods of smaller sizes"));
    }

    /// <summary>Held against the methods without their sizes: a size of one's own costs what the same size from the budget costs.</summary>
    [Fact]
    public void They_come_out_as_given_within_the_cap_and_the_smallest_total_counts_them() =>
        Prop.ForAll(BudgetCase(HeldSets, WithHeld), test =>
        {
            var result = BudgetSizes.Compute(test.Design, test.Cap, test.Shape, WithHeld);
            var smallest = Total(test.Design, test.Shape, (_, method) => method.Size ?? (method.HasSize ? 1 : 0));
            return smallest == BudgetSizes.SmallestTotal(test.Design, test.Shape, WithHeld)
                && (result.Sizes is null) == (smallest > test.Cap) && (result.Infeasible is null) == (smallest <= test.Cap)
                && (result.Sizes is not { } sizes || (sizes.Parameters <= test.Cap
                    && sizes.Parameters == Total(test.Design, test.Shape, (place, method) => sizes.Sizes.Single(size => (size.Stack, size.Group, size.Method) == (place.Stack, place.Group, method.Name)).Size)
                    && sizes.Sizes.All(size => Find(size.Method) is var method && (method.Size is { } own ? size.Size == own : method.HasSize ? size.Size >= 1 : size.Size == 0))));
        }).QuickCheckThrowOnFailure();

    private static long Total(Design design, BackboneShape shape, Func<(string Stack, int Group), PeftMethod, int> size) => (
        from stack in Enumerable.Range(0, shape.Stacks.Count)
        from number in design.Tunable.Groups
        from name in design.Methods[number - 1].Names
        let method = Find(name)
        let free = method with { Size = null }
        select design.Groupings[stack].Sizes[number - 1] * free.ParametersPerLayer(shape.Stacks[stack], size((shape.Stacks[stack].Name, number - 1), method))).Sum();

    private static PeftMethod Find(string name) => WithHeld.Single(method => method.Name == name);
}
