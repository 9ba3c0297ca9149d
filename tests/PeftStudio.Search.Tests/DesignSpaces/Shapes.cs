using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Tests.DesignSpaces;

/// <summary>Backbones and designs for tests.</summary>
internal static class Shapes
{
    /// <summary>Without pooler.</summary>
    public static readonly BackboneShape RobertaBase = new("roberta", [new StackShape("encoder", 12, 768, 768, 3072)], 124_055_040);

    /// <summary>The size of a small BERT: its budgets of some tenths of a percent do not fit every design.</summary>
    public static readonly BackboneShape Small = new("bert", [new StackShape("encoder", 12, 192, 192, 768)], 7_745_856);

    public static readonly BackboneShape TwoStacks = new(
        "t5", [new StackShape("encoder", 6, 64, 48, 256, Biases: false), new StackShape("decoder", 8, 64, 48, 256, CrossAttention: true, Biases: false)], 1_500_000);

    public static readonly ValueList<string> MethodNames = ["adapter", "bitfit", "lora", "prefix"];

    /// <summary>Every non-empty set of the four methods.</summary>
    public static readonly ValueList<MethodSet> Sets = Enumerable.Range(1, 15)
        .Select(bits => new MethodSet(MethodNames.Where((_, i) => (bits & (1 << i)) != 0).ToValueList())).ToValueList();

    /// <summary>Every set of all the methods that fits into one layer.</summary>
    public static readonly ValueList<MethodSet> AllSets = Enumerable.Range(1, (1 << NamedMethods.All.Count) - 1)
        .Select(bits => NamedMethods.All.Where((_, i) => (bits & (1 << i)) != 0).ToArray())
        .Where(set => MethodRules.Conflict(set) is null)
        .Select(set => new MethodSet(set.Select(method => method.Name).ToValueList())).ToValueList();

    /// <summary>The literature's methods, and four with sizes of their own.</summary>
    public static readonly ValueList<PeftMethod> WithHeld = NamedMethods.With(
    [
        NamedMethods.Adapter with { Name = "held-adapter", Title = "Held adapter", Size = 5 },
        NamedMethods.LoraFeedForward with { Name = "held-lora", Title = "Held LoRA", Size = 2 },
        NamedMethods.Prefix with { Name = "held-prefix", Title = "Held prefix", Reparametrisation = 8, Size = 3 },
        NamedMethods.MultiHeadParallel with { Name = "held-heads", Title = "Held heads", Size = 1 },
    ]);

    /// <summary>Every set of the four methods and those four that fits into one layer and has one of those.</summary>
    public static readonly ValueList<MethodSet> HeldSets = Enumerable.Range(1, 255)
        .Select(bits => WithHeld.Where(method => method.Size is not null || MethodNames.Contains(method.Name)).Where((_, i) => (bits & (1 << i)) != 0).ToArray())
        .Where(set => MethodRules.Conflict(set) is null && Array.Exists(set, method => method.Size is not null))
        .Select(set => new MethodSet(set.Select(method => method.Name).ToValueList())).ToValueList();

    public static MethodSet Set(params string[] names) => new([.. names]);

    /// <summary>All groups tuned with the given sets, uniform sizes.</summary>
    public static Design AllTuned(BackboneShape shape, AllocationPattern allocation, params MethodSet[] sets) => new(
        LayerPattern.Uniform,
        shape.Stacks.Select(stack => GroupingVectors.Uniform(stack.Layers, sets.Length)).ToValueList(),
        allocation,
        new TunableGroups(Enumerable.Range(1, sets.Length).ToValueList()),
        [.. sets]);

    public static Gen<BackboneShape> AnyShape => Gen.Elements(RobertaBase, Small, TwoStacks);

    public static Gen<Design> AnyDesign(BackboneShape shape) => AnyDesign(shape, Sets);

    public static Gen<Design> AnyDesign(BackboneShape shape, ValueList<MethodSet> strategies) =>
        from groups in Gen.Choose(2, 6)
        from pattern in Gen.Elements(Enum.GetValues<LayerPattern>())
            .Where(pattern => shape.Stacks.All(stack => GroupingVectors.Of(pattern, stack.Layers, groups).Count > 0))
        from vectors in Gen.CollectToArray(shape.Stacks, stack => Gen.Elements<LayerGrouping>(GroupingVectors.Of(pattern, stack.Layers, groups)))
        from allocation in Gen.Elements(Enum.GetValues<AllocationPattern>())
        from tuned in Gen.Choose(1, (1 << groups) - 1)
        from sets in Gen.Elements<MethodSet>(strategies).ArrayOf(groups)
        select new Design(pattern, [.. vectors], allocation,
            new TunableGroups(Enumerable.Range(1, groups).Where(number => (tuned & (1 << (number - 1))) != 0).ToValueList()),
            sets.Select((set, i) => (tuned & (1 << i)) != 0 ? set : MethodSet.Empty).ToValueList());

    /// <summary>A shape, a design of it, and a cap around where it begins to fit.</summary>
    public static Arbitrary<(BackboneShape Shape, Design Design, long Cap)> AnyBudgetCase => BudgetCase(Sets);

    public static Arbitrary<(BackboneShape Shape, Design Design, long Cap)> BudgetCase(ValueList<MethodSet> strategies) => BudgetCase(strategies, NamedMethods.All);

    public static Arbitrary<(BackboneShape Shape, Design Design, long Cap)> BudgetCase(ValueList<MethodSet> strategies, ValueList<PeftMethod> methods) =>
        (from shape in AnyShape
         from design in AnyDesign(shape, strategies)
         from percent in Gen.Choose(10, 1500)
         select (shape, design, BudgetSizes.SmallestTotal(design, shape, methods) * percent / 100)).ToArbitrary();
}
