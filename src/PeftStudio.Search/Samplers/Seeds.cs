namespace PeftStudio.Search.Samplers;

/// <summary>Seeds of the training, all from the study's: equal arguments give equal seeds on every machine, any other argument an unrelated one.</summary>
public static class Seeds
{
    /// <param name="trainingSeed">the sample index, or the seed's number in the final comparison.</param>
    /// <param name="purpose">what the numbers are for: "order", "dropout", "initialisation", "decision rows", ...</param>
    /// <param name="layer">counted from 0 over all stacks; null where the purpose has no layer.</param>
    /// <param name="site">the module's name within the layer.</param>
    public static ulong For(long studySeed, int trainingSeed, string purpose, int? layer = null, string? site = null, string? method = null) =>
        RandomKey.Mix(Parts(studySeed, trainingSeed, purpose, layer, site, method)).Key;

    /// <summary>The random numbers of the same name, for shuffles and choices of rows.</summary>
    public static RandomStream Stream(long studySeed, int trainingSeed, string purpose, int? layer = null, string? site = null, string? method = null) =>
        RandomKey.Open(Parts(studySeed, trainingSeed, purpose, layer, site, method));

    private static string[] Parts(long studySeed, int trainingSeed, string purpose, int? layer, string? site, string? method) =>
    [
        "train", RandomKey.Text(studySeed), RandomKey.Text(trainingSeed), purpose,
        layer is { } number ? RandomKey.Text(number) : "", site ?? "", method ?? "",
    ];
}
