using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.DesignSpaces;

public sealed class SpaceBuilderTests
{
    [Fact]
    public void The_default_space_of_roberta_base()
    {
        var space = SpaceBuilder.Build(new SpacePlan(), RobertaBase, NamedMethods.All).Space.ShouldNotBeNull();

        space.Tunables.Count.ShouldBe(15);
        space.Strategies.ShouldAllBe(sets => sets.Count == 15);
        // 1 + 4 + 10 + 2 + 2 vectors, 3 allocations, 16^4 - 1 strategies over the tuned groups of all sets.
        space.Count(RobertaBase).ShouldBe(19 * 3 * 65_535);
    }

    [Theory]
    [InlineData(2, "G1 G2 G1+G2")]
    [InlineData(3, "G1 G2 G3 G1+G2 G1+G3 G2+G3 G1+G2+G3")]
    [InlineData(5, "G1 G2 G3 G4 G5 G1+G2 G4+G5 G1+G2+G3 G3+G4+G5 G1+G2+G3+G4 G2+G3+G4+G5 G1+G2+G3+G4+G5")]
    public void Default_tunable_sets(int groups, string expected) =>
        string.Join(' ', DefaultChoices.Tunables(groups)).ShouldBe(expected);

    [Fact]
    public void Default_strategies_are_small_sets_first() =>
        DefaultChoices.Strategies(["lora", "adapter", "prefix"]).Select(set => set.ToString()).ShouldBe(
            ["adapter", "lora", "prefix", "adapter+lora", "adapter+prefix", "lora+prefix", "adapter+lora+prefix"]);

    [Fact]
    public void Default_strategies_leave_out_what_does_not_fit_into_one_layer()
    {
        var space = SpaceBuilder.Build(new SpacePlan { Methods = ["bitfit", "layernorm", "lora"] }, RobertaBase, NamedMethods.All).Space.ShouldNotBeNull();

        space.Strategies[0].ShouldBe([Set("bitfit"), Set("layernorm"), Set("lora"), Set("bitfit", "lora"), Set("layernorm", "lora")]);
    }

    [Fact]
    public void Lists_of_the_plan_are_taken_in_their_order()
    {
        var plan = new SpacePlan
        {
            Groups = 3,
            Groupings = [LayerPattern.Decreasing, LayerPattern.Uniform],
            Allocations = [AllocationPattern.Uniform],
            TunableGroups = [[3, 1], [2]],
            Methods = ["lora", "adapter"],
            Strategies = [[["lora"]], [["lora", "adapter"], ["lora"]], [["adapter"]]],
        };
        var space = SpaceBuilder.Build(plan, RobertaBase, NamedMethods.All).Space.ShouldNotBeNull();

        space.Patterns.ShouldBe([LayerPattern.Decreasing, LayerPattern.Uniform]);
        space.Tunables.Select(set => set.ToString()).ShouldBe(["G1+G3", "G2"]);
        space.Strategies[1].ShouldBe([Set("adapter", "lora"), Set("lora")]);
        SpaceBuilder.Build(plan with { Strategies = [[["lora"]]] }, RobertaBase, NamedMethods.All).Space!.Strategies.ShouldBe([[Set("lora")], [Set("lora")], [Set("lora")]]);
    }

    public static TheoryData<SpacePlan, string, string> WrongEntries => new()
    {
        { new() { Groups = 1 }, "space.groups", "1 groups; 2 to 8 for this backbone, whose shallowest stack has 12 layers" },
        { new() { Groups = 9 }, "space.groups", "9 groups; 2 to 8 for this backbone, whose shallowest stack has 12 layers" },
        { new() { Groups = 2, Groupings = [LayerPattern.Uniform, LayerPattern.Spindle] }, "space.groupings[1]", "spindle: two groups have no middle; take at least 3 groups or leave spindle out" },
        { new() { Groupings = [] }, "space.groupings", "no grouping is left; choose at least one" },
        { new() { Groupings = [LayerPattern.Uniform, LayerPattern.Uniform] }, "space.groupings[1]", "Uniform is listed twice; remove one" },
        { new() { Allocations = [] }, "space.allocations", "no allocation is left; choose at least one" },
        { new() { TunableGroups = [[1], [2, 5]] }, "space.tunableGroups[1]", "group 5 of 4; name groups from 1 to 4" },
        { new() { TunableGroups = [[]] }, "space.tunableGroups[0]", "an empty set; tune at least one group, or remove the entry" },
        { new() { TunableGroups = [[2, 2]] }, "space.tunableGroups[0]", "a group is listed twice in [2, 2]; name each once" },
        { new() { TunableGroups = [[1, 2], [2, 1]] }, "space.tunableGroups[1]", "[1, 2] is listed twice; remove one" },
        { new() { Methods = [] }, "space.methods", "no method is left; choose at least one" },
        { new() { Methods = ["lora", "Lora"] }, "space.methods[1]", $"no method is called 'Lora'; there are {string.Join(", ", NamedMethods.All.Select(method => method.Name))}" },
        {
            new() { Methods = ["lora", "lora-all"], Strategies = [[["lora"], ["lora", "lora-all"]]] }, "space.strategies[0][1]",
            "'lora' and 'lora-all' both want the one place for LowRank at Query, Value; keep one of them"
        },
        { new() { Methods = ["lora", "lora"] }, "space.methods[1]", "lora is listed twice; remove one" },
        { new() { Strategies = [[["lora"]], [["lora"]]] }, "space.strategies", "2 lists of method sets for 4 groups; give one for all groups or one for each" },
        { new() { Strategies = [[]] }, "space.strategies[0]", "no method set is left; choose at least one" },
        { new() { Strategies = [[["lora"], []]] }, "space.strategies[0][1]", "no method is left; choose at least one" },
        { new() { Methods = ["lora"], Strategies = [[["lora"], ["prefix"]]] }, "space.strategies[0][1][0]", "'prefix' is not among the study's methods lora; add it there or remove it here" },
        { new() { Strategies = [[["lora", "adapter"], ["adapter", "lora"]]] }, "space.strategies[0][1]", "adapter+lora is listed twice; remove one" },
    };

    [Theory]
    [MemberData(nameof(WrongEntries))]
    public void A_wrong_entry_is_named_with_its_remedy(SpacePlan plan, string field, string message)
    {
        var result = SpaceBuilder.Build(plan, RobertaBase, NamedMethods.All);

        result.Space.ShouldBeNull();
        result.Problems.ShouldBe([new PlanProblem(field, message)]);
    }

    [Fact]
    public void Every_wrong_entry_is_told_at_once()
    {
        var plan = new SpacePlan { Allocations = [], Methods = ["lora", "nothing"], TunableGroups = [[7]], Groupings = [LayerPattern.Uniform, LayerPattern.Bottleneck] };

        SpaceBuilder.Build(plan, new BackboneShape("bert", [new StackShape("encoder", 4, 8, 8, 32)], 1000), NamedMethods.All).Problems.Select(problem => problem.Field)
            .ShouldBe(["space.methods[1]", "space.allocations", "space.groupings[1]", "space.tunableGroups[0]"]);
    }

    [Fact]
    public void A_pattern_must_exist_in_every_stack()
    {
        var shape = new BackboneShape("t5", [new StackShape("encoder", 12, 8, 8, 32), new StackShape("decoder", 4, 8, 8, 32)], 1000);

        SpaceBuilder.Build(new SpacePlan { Groupings = [LayerPattern.Uniform, LayerPattern.Increasing] }, shape, NamedMethods.All).Problems.ShouldBe(
            [new("space.groupings[1]", "increasing: 4 layers cannot be cut into 4 groups this way; change the number of groups or leave increasing out")]);
    }
}
