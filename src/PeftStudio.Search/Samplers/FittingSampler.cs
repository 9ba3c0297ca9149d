using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Samplers;

/// <summary>
/// Draws as <see cref="RandomSampler"/> does, but each component only among the choices behind which some design still fits the budget: it never misses, at the price that
/// designs which leave little choice come more often than by redrawing. For spaces where hardly any design fits.
/// </summary>
public sealed class FittingSampler(long cap, IReadOnlyList<PeftMethod> methods) : ISampler
{
    /// <exception cref="InvalidOperationException">no design of the space fits.</exception>
    public Design Draw(DesignSpace space, BackboneShape shape, RandomKey key)
    {
        var costs = new MinimumCosts(space, shape, methods);
        var open = space.Patterns.Select(pattern => (pattern, vectors: MinimumCosts.Combinations(space, pattern, shape)
            .Where(vectors => space.Tunables.Any(tunable => costs.Least(tunable, vectors) <= cap)).ToList())).Where(open => open.vectors.Count > 0).ToList();
        if (open.Count == 0)
            throw new InvalidOperationException($"no design of the space fits {cap} parameters");

        var (pattern, combinations) = key.Stream("pattern").Pick(open);
        var vectors = key.Stream("vector").Pick(combinations);
        var allocation = key.Stream("allocation").Pick(space.Allocations);
        var tunable = key.Stream("tunable").Pick(space.Tunables.Where(tunable => costs.Least(tunable, vectors) <= cap).ToList());
        var spare = cap - costs.Least(tunable, vectors);
        var sets = new MethodSet[space.GroupCount];
        for (var group = 0; group < sets.Length; group++)
        {
            if (!tunable.Contains(group))
            {
                sets[group] = MethodSet.Empty;
                continue;
            }
            var prices = costs.Of(group, vectors);
            var least = prices.Min();
            var choice = key.Stream($"strategy.{group}").Pick(Enumerable.Range(0, prices.Length).Where(i => prices[i] - least <= spare).ToList());
            sets[group] = space.Strategies[group][choice];
            spare -= prices[choice] - least;
        }
        return new Design(pattern, vectors.ToValueList(), allocation, tunable, sets.ToValueList());
    }
}
