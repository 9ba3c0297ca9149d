using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>What groups cost at their smallest, size 1 wherever a method has none of its own; a design's smallest total is the sum over its tuned groups.</summary>
internal sealed class MinimumCosts
{
    private readonly long[][][] perLayer; // (group, strategy, stack)

    public MinimumCosts(DesignSpace space, BackboneShape shape, IReadOnlyList<PeftMethod> methods) =>
        perLayer = [.. space.Strategies.Select(sets => sets.Select(set => shape.Stacks.Select(stack =>
            set.Names.Sum(name => methods.First(method => string.Equals(method.Name, name, StringComparison.Ordinal)).ParametersPerLayer(stack, 1))).ToArray()).ToArray())];

    /// <summary>The group's cost with each of its strategies, for vectors that hold one grouping a stack.</summary>
    public long[] Of(int group, LayerGrouping[] vectors) => [.. perLayer[group].Select(stacks =>
    {
        var cost = 0L;
        for (var stack = 0; stack < stacks.Length; stack++)
            cost += stacks[stack] * vectors[stack].Sizes[group];
        return cost;
    })];

    /// <summary>The least that any strategies of the tuned groups cost.</summary>
    public long Least(TunableGroups tunable, LayerGrouping[] vectors) => tunable.Groups.Sum(group => Of(group - 1, vectors).Min());

    /// <summary>The ways to pick one vector for each stack.</summary>
    public static IEnumerable<LayerGrouping[]> Combinations(DesignSpace space, LayerPattern pattern, BackboneShape shape) =>
        space.Vectors(pattern, shape).Aggregate((IEnumerable<LayerGrouping[]>)[[]], (heads, vectors) =>
            heads.SelectMany(head => vectors.Select(vector => (LayerGrouping[])[.. head, vector])));
}
