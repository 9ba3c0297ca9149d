using System.Numerics;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>How many combinations have each total cost; costs rising.</summary>
internal sealed class CostCounts
{
    public static readonly CostCounts Nothing = new([0], [1]);

    private readonly long[] costs;
    private readonly UInt128[] counts;

    private CostCounts(long[] costs, UInt128[] counts) => (this.costs, this.counts) = (costs, counts);

    /// <summary>The totals after one more part that has any of the given costs.</summary>
    public CostCounts Plus(long[] part)
    {
        var sums = new Dictionary<long, UInt128>();
        foreach (var (cost, times) in part.CountBy(cost => cost))
            for (var i = 0; i < costs.Length; i++)
            {
                sums.TryGetValue(costs[i] + cost, out var before);
                sums[costs[i] + cost] = checked(before + (counts[i] * (UInt128)times));
            }
        var ordered = sums.Keys.Order().ToArray();
        return new CostCounts(ordered, [.. ordered.Select(cost => sums[cost])]);
    }

    /// <summary>The number of pairs, one of each, whose costs add up to at most <paramref name="cap"/>.</summary>
    public BigInteger PairsWithin(CostCounts other, long cap)
    {
        var pairs = BigInteger.Zero;
        UInt128 below = 0;
        var next = 0;
        for (var i = costs.Length - 1; i >= 0; i--)
        {
            while (next < other.costs.Length && costs[i] + other.costs[next] <= cap)
                below = checked(below + other.counts[next++]);
            pairs += (BigInteger)counts[i] * below;
        }
        return pairs;
    }
}
