using System.Globalization;
using System.Numerics;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>
/// How many designs of a space do not fit a budget, exactly and without listing them: a design's smallest total is additive over its tuned groups, so for each choice of
/// vectors and tunable groups the totals are a convolution of the groups' costs. The allocation does not matter: feasible is what fits at its smallest.
/// </summary>
public static class SpaceCounts
{
    public static BigInteger Infeasible(DesignSpace space, BackboneShape shape, long cap, IReadOnlyList<PeftMethod> methods) =>
        space.Count(shape) - Feasible(space, shape, cap, methods);

    public static BigInteger Feasible(DesignSpace space, BackboneShape shape, long cap, IReadOnlyList<PeftMethod> methods)
    {
        var costs = new MinimumCosts(space, shape, methods);
        var lists = space.Strategies.Select(sets => space.Strategies.ToList().IndexOf(sets)).ToArray();
        var known = new Dictionary<ValueList<(int, int)>, CostCounts>();
        var feasible = BigInteger.Zero;
        foreach (var vectors in space.Patterns.SelectMany(pattern => MinimumCosts.Combinations(space, pattern, shape)))
        {
            var groups = Enumerable.Range(0, space.GroupCount).Select(group => costs.Of(group, vectors)).ToArray();
            foreach (var tunable in space.Tunables)
            {
                var tuned = tunable.Groups.Select(group => group - 1).ToArray();
                if (tuned.Sum(group => groups[group].Min()) > cap)
                    continue;
                if (tuned.Sum(group => groups[group].Max()) <= cap)
                    feasible += tuned.Aggregate(BigInteger.One, (product, group) => product * groups[group].Length);
                else
                    feasible += Half(tuned[..(tuned.Length / 2)]).PairsWithin(Half(tuned[(tuned.Length / 2)..]), cap);
            }

            // Groups with the same strategies and depths cost the same, in whatever order and vector they come.
            CostCounts Half(int[] part)
            {
                var key = part.OrderBy(group => lists[group]).ThenBy(group => vectors[0].Sizes[group]).SelectMany(group => vectors.Select((vector, stack) => ((lists[group] * shape.Stacks.Count) + stack, vector.Sizes[group]))).ToValueList();
                if (!known.TryGetValue(key, out var counts))
                    known[key] = counts = part.Aggregate(CostCounts.Nothing, (sum, group) => sum.Plus(groups[group]));
                return counts;
            }
        }
        return feasible * space.Allocations.Count;
    }

    /// <summary>The smallest total of any design of the space: some design fits if and only if this is within the cap.</summary>
    public static long SmallestTotal(DesignSpace space, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        var costs = new MinimumCosts(space, shape, methods);
        return space.Patterns.SelectMany(pattern => MinimumCosts.Combinations(space, pattern, shape))
            .Min(vectors => space.Tunables.Min(tunable => costs.Least(tunable, vectors)));
    }

    /// <summary>Says so where no design of the space fits the budget.</summary>
    public static PlanProblem? BudgetProblem(DesignSpace space, BackboneShape shape, long cap, IReadOnlyList<PeftMethod> methods)
    {
        var smallest = SmallestTotal(space, shape, methods);
        return smallest <= cap
            ? null
            : new PlanProblem("budget", string.Create(CultureInfo.InvariantCulture,
                $"no design of the space fits {cap:N0} trainable parameters; the smallest has {smallest:N0} ({SizesText.Percent(smallest, shape)}); raise the budget or allow fewer tunable groups or methods"));
    }
}
