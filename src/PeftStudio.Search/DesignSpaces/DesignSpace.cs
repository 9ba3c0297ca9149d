using System.Numerics;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>
/// A set of designs: the open choices of the four components. A stage decision closes one by leaving a single choice in it.
/// </summary>
/// <param name="Strategies">for each of the <paramref name="GroupCount"/> groups the method sets that it may get.</param>
public sealed record DesignSpace(
    int GroupCount,
    ValueList<LayerPattern> Patterns,
    ValueList<AllocationPattern> Allocations,
    ValueList<TunableGroups> Tunables,
    ValueList<ValueList<MethodSet>> Strategies)
{
    public DesignSpace With(LayerPattern only) => this with { Patterns = [only] };

    public DesignSpace With(AllocationPattern only) => this with { Allocations = [only] };

    public DesignSpace With(TunableGroups only) => this with { Tunables = [only] };

    /// <param name="group">counted from 0.</param>
    public DesignSpace With(int group, MethodSet only) =>
        this with { Strategies = Strategies.Select((sets, i) => i == group ? [only] : sets).ToValueList() };

    /// <summary>The size vectors of a pattern for each stack.</summary>
    public ValueList<ValueList<LayerGrouping>> Vectors(LayerPattern pattern, BackboneShape shape) =>
        shape.Stacks.Select(stack => GroupingVectors.Of(pattern, stack.Layers, GroupCount)).ToValueList();

    /// <summary>The exact number of designs; a frozen group has no strategy to choose.</summary>
    public BigInteger Count(BackboneShape shape)
    {
        var groupings = Patterns.Aggregate(BigInteger.Zero, (sum, pattern) =>
            sum + Vectors(pattern, shape).Aggregate(BigInteger.One, (product, vectors) => product * vectors.Count));
        var strategies = Tunables.Aggregate(BigInteger.Zero, (sum, tunable) =>
            sum + tunable.Groups.Aggregate(BigInteger.One, (product, group) => product * Strategies[group - 1].Count));
        return groupings * Allocations.Count * strategies;
    }

    public bool Contains(Design design, BackboneShape shape) =>
        Patterns.Contains(design.Pattern)
        && design.Groupings.Count == shape.Stacks.Count
        && Vectors(design.Pattern, shape).Zip(design.Groupings).All(stack => stack.First.Contains(stack.Second))
        && Allocations.Contains(design.Allocation)
        && Tunables.Contains(design.Tunable)
        && design.Methods.Count == GroupCount
        && design.Methods.Select((set, group) => design.Tunable.Contains(group) ? Strategies[group].Contains(set) : set.IsEmpty).All(fits => fits);
}
