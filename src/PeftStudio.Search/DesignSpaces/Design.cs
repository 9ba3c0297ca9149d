namespace PeftStudio.Search.DesignSpaces;

/// <summary>How the sizes N_1..N_G of the layer groups run. The order is the order in which patterns claim a vector.</summary>
public enum LayerPattern
{
    Uniform,
    Spindle,
    Bottleneck,
    Increasing,
    Decreasing,
}

/// <summary>How the trainable parameters of a layer run over the groups.</summary>
public enum AllocationPattern
{
    Increasing,
    Uniform,
    Decreasing,
}

/// <summary>The groups of layers of one stack: <paramref name="Sizes"/>[i] consecutive layers in group i, bottom first.</summary>
public sealed record LayerGrouping(ValueList<int> Sizes);

/// <summary>
/// One point of the design space: all that fixes a structure but the sizes, which the budget gives.
/// </summary>
/// <param name="Pattern">the pattern that the vectors were drawn from.</param>
/// <param name="Groupings">one a stack, in the order of <see cref="BackboneShape.Stacks"/>.</param>
/// <param name="Tunable">one flag a group, the same in every stack; at least one is true.</param>
/// <param name="Methods">one set a group: the names of its methods, empty for a frozen group.</param>
public sealed record Design(
    LayerPattern Pattern,
    ValueList<LayerGrouping> Groupings,
    AllocationPattern Allocation,
    TunableGroups Tunable,
    ValueList<MethodSet> Methods)
{
    /// <summary>sha256 of the canonical JSON.</summary>
    public string Hash() => CanonicalJson.Hash(this);
}
