using System.Collections.Concurrent;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>
/// The size vectors N_1..N_G (all at least 1, sum L) of a pattern. Strict inequalities; where the strict set is empty, <c>&lt;=</c> with at
/// least one <c>&lt;</c>. A vector that two patterns could claim belongs to the first in the order of <see cref="LayerPattern"/>.
/// </summary>
public static class GroupingVectors
{
    public const int MostGroups = 8;

    /// <summary>A set that is larger than this is refused rather than listed.</summary>
    public const int MostVectors = 200_000;

    // A memo of a pure function; its values do not depend on who asks first.
    private static readonly ConcurrentDictionary<(LayerPattern, int, int), ValueList<LayerGrouping>> Known = new();

    /// <summary>The vectors in lexicographic order; empty where the pattern does not exist for this depth (see <see cref="Problem"/>).</summary>
    public static ValueList<LayerGrouping> Of(LayerPattern pattern, int layers, int groups)
    {
        if (groups is < 2 or > MostGroups || groups > layers)
            throw new ArgumentOutOfRangeException(nameof(groups), $"{groups} groups of {layers} layers; 2 to {MostGroups} groups, at most one a layer");
        return Known.GetOrAdd((pattern, layers, groups), static key => Unclaimed(key.Item1, key.Item2, key.Item3));
    }

    /// <summary>The one vector of the uniform pattern: boundaries floor(i L / G).</summary>
    public static LayerGrouping Uniform(int layers, int groups) =>
        new(Enumerable.Range(0, groups).Select(i => ((i + 1) * layers / groups) - (i * layers / groups)).ToValueList());

    /// <summary>Why the pattern has no vectors here, with the remedy; null where it has some.</summary>
    public static string? Problem(LayerPattern pattern, int layers, int groups)
    {
        var name = pattern.ToString().ToLowerInvariant();
        if (groups < 3 && pattern is LayerPattern.Spindle or LayerPattern.Bottleneck)
            return $"{name}: two groups have no middle; take at least 3 groups or leave {name} out";
        if (Ways(pattern, layers, groups) > MostVectors)
            return $"{name}: {layers} layers in {groups} groups have more than {MostVectors} vectors; take fewer groups or leave {name} out";
        return Of(pattern, layers, groups).Count > 0
            ? null
            : $"{name}: {layers} layers cannot be cut into {groups} groups this way; change the number of groups or leave {name} out";
    }

    private static ValueList<LayerGrouping> Unclaimed(LayerPattern pattern, int layers, int groups)
    {
        var own = Claimable(pattern, layers, groups);
        foreach (var earlier in Enum.GetValues<LayerPattern>().Where(earlier => earlier < pattern))
        {
            if (own.Count == 0)
                break;
            var taken = Claimable(earlier, layers, groups).ToHashSet();
            own.RemoveAll(taken.Contains);
        }
        return own.ToValueList();
    }

    private static List<LayerGrouping> Claimable(LayerPattern pattern, int layers, int groups)
    {
        if (pattern is LayerPattern.Uniform)
            return [Uniform(layers, groups)];
        if (Steps(pattern, groups) is not { } steps)
            return [];
        var strict = new SizeChains(steps, weak: false, MostVectors);
        return strict.Ways(layers) > 0 ? strict.List(layers) : new SizeChains(steps, weak: true, MostVectors).List(layers);
    }

    private static long Ways(LayerPattern pattern, int layers, int groups)
    {
        if (pattern is LayerPattern.Uniform || Steps(pattern, groups) is not { } steps)
            return 1;
        var strict = new SizeChains(steps, weak: false, MostVectors).Ways(layers);
        return strict > 0 ? strict : new SizeChains(steps, weak: true, MostVectors).Ways(layers);
    }

    /// <summary>The sign of N_(i+1) - N_i for each i; null where the pattern does not exist.</summary>
    private static int[]? Steps(LayerPattern pattern, int groups)
    {
        if (pattern is LayerPattern.Increasing or LayerPattern.Decreasing)
            return [.. Enumerable.Repeat(pattern is LayerPattern.Increasing ? 1 : -1, groups - 1)];
        if (groups < 3)
            return null;
        var rising = pattern is LayerPattern.Spindle ? 1 : -1;
        // Steps mirror each other around the middle; an even number of groups has a middle step, between two equal groups.
        return [.. Enumerable.Range(0, groups - 1).Select(i => rising * Math.Sign(groups - 2 - (2 * i)))];
    }
}
