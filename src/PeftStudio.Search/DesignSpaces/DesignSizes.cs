namespace PeftStudio.Search.DesignSpaces;

/// <summary>The size of one method in one group of one stack: rank, bottleneck or prefix length; 0 for methods that have none.</summary>
/// <param name="Group">counted from 0.</param>
/// <param name="ParametersPerLayer">trainable parameters that the method adds to each layer of the group.</param>
public sealed record MethodSize(string Stack, int Group, string Method, int Size, long ParametersPerLayer);

/// <summary>What the budget function makes of a design. <paramref name="Parameters"/>: the backbone part's trainable parameters; the head is counted apart.</summary>
public sealed record DesignSizes(ValueList<MethodSize> Sizes, long Parameters);
