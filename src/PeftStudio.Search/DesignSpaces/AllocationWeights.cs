namespace PeftStudio.Search.DesignSpaces;

public static class AllocationWeights
{
    /// <summary>The relative share of a layer in <paramref name="group"/> (counted from 0): 1:2:..:G, 1:1:..:1 or G:..:2:1.</summary>
    public static int Of(AllocationPattern allocation, int group, int groups) => allocation switch
    {
        AllocationPattern.Increasing => group + 1,
        AllocationPattern.Decreasing => groups - group,
        _ => 1,
    };
}
