using System.Globalization;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>
/// The one pure function from a design and a cap B to the sizes of its methods: one for each (stack, group, method), in integers throughout.
/// <list type="number">
/// <item>A tuned layer's share of B is proportional to its group's allocation weight. Groups whose minimum (size 1, or a method's own) is above their share keep
/// the minimum and the others share what is left.</item>
/// <item>Within a layer: methods of fixed size first (those without a size, and those with one of their own), the rest evenly over the sized methods, rounded down, at least 1.</item>
/// <item>What rounding leaves is spent by whole groups, one unit at a time: round after round through stacks, groups and methods in their order, each taking a unit where B and
/// the allocation's order still hold, until a round adds nothing. What groups of fixed-size methods leave of their shares is not rounding and is not spent.</item>
/// </list>
/// The allocation's order, within a stack, over groups that have a sized method: increasing, a unit must not lift a layer above one of a later group; decreasing, above one of an earlier
/// group; uniform, above both its share and the largest other layer. So with equal method sets in all tuned groups the order always holds; with different sets it
/// holds as far as minima and units allow, and spending never breaks what held.
/// </summary>
public static class BudgetSizes
{
    public static BudgetResult Compute(Design design, Budget budget, BackboneShape shape, IReadOnlyList<PeftMethod> methods) =>
        Compute(design, budget.Cap(shape), shape, methods);

    /// <param name="cap">B: most trainable parameters of the backbone part.</param>
    /// <param name="methods">at least the methods that the design names.</param>
    public static BudgetResult Compute(Design design, long cap, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        var groups = Groups(design, shape, methods);
        var smallest = groups.Sum(group => group.Layers * group.Minimum);
        if (smallest > cap)
            return BudgetResult.Of(Infeasible(groups, smallest, cap));

        var (rest, weight, pinned) = Shares(groups, cap);
        foreach (var group in groups)
        {
            if (pinned.Contains(group))
                group.TakeMinimum();
            else
                group.TakeShare((Int128)rest * group.Weight, weight);
        }
        Spend(groups, cap, rest, weight, pinned, design.Allocation);

        return BudgetResult.Of(new DesignSizes(
            groups.SelectMany(group => group.Sizes()).ToValueList(), groups.Sum(group => group.Layers * group.PerLayer)));
    }

    /// <summary>Trainable parameters at size 1 wherever a method has none of its own: the design is feasible if and only if this is within the cap.</summary>
    public static long SmallestTotal(Design design, BackboneShape shape, IReadOnlyList<PeftMethod> methods) =>
        Groups(design, shape, methods).Sum(group => group.Layers * group.Minimum);

    private static List<GroupLayers> Groups(Design design, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        if (DesignProblems.Of(design, shape, methods) is [var problem, ..])
            throw new ArgumentException($"{problem.Field}: {problem.Message}", nameof(design));
        var groups = new List<GroupLayers>();
        for (var stack = 0; stack < shape.Stacks.Count; stack++)
            for (var group = 0; group < design.Methods.Count; group++)
                if (design.Tunable.Contains(group))
                    groups.Add(new GroupLayers(stack, shape.Stacks[stack], group, design.Groupings[stack].Sizes[group],
                        AllocationWeights.Of(design.Allocation, group, design.Methods.Count),
                        design.Methods[group].Names.Select(name => methods.First(method => string.Equals(method.Name, name, StringComparison.Ordinal)))));
        return groups;
    }

    /// <summary>A layer of weight w outside <c>Pinned</c> has the share Left x w / Weight.</summary>
    private static (long Left, long Weight, HashSet<GroupLayers> Pinned) Shares(List<GroupLayers> groups, long cap)
    {
        var pinned = new HashSet<GroupLayers>();
        while (true)
        {
            var rest = cap - pinned.Sum(group => group.Layers * group.Minimum);
            var weight = groups.Where(group => !pinned.Contains(group)).Sum(group => (long)group.Layers * group.Weight);
            var below = groups.FindAll(group => !pinned.Contains(group) && (Int128)rest * group.Weight < (Int128)weight * group.Minimum);
            if (below.Count == 0)
                return (rest, weight, pinned);
            pinned.UnionWith(below);
        }
    }

    private static void Spend(List<GroupLayers> groups, long cap, long rest, long weight, HashSet<GroupLayers> pinned, AllocationPattern allocation)
    {
        // In units of 1 / weight, as shares are fractions. All pinned: weight 0, and the whole rest is free.
        var unit = Math.Max(weight, 1);
        Int128 kept = 0;
        foreach (var group in groups.Where(group => !group.IsSized && !pinned.Contains(group)))
            kept += group.Layers * (((Int128)rest * group.Weight) - ((Int128)unit * group.PerLayer));
        var free = ((Int128)cap * unit) - kept - ((Int128)unit * groups.Sum(group => group.Layers * group.PerLayer));

        bool grew;
        do
        {
            grew = false;
            foreach (var group in groups)
                for (var method = 0; method < group.Methods; method++)
                {
                    var step = group.Unit(method);
                    var cost = (Int128)unit * step * group.Layers;
                    if (step == 0 || cost > free || !KeepsOrder(group, group.PerLayer + step))
                        continue;
                    group.Grow(method);
                    free -= cost;
                    grew = true;
                }
        }
        while (grew);

        bool KeepsOrder(GroupLayers group, long perLayer)
        {
            var others = groups.Where(other => other != group && other.StackIndex == group.StackIndex && other.IsSized).ToList();
            return allocation switch
            {
                AllocationPattern.Increasing => others.TrueForAll(other => other.Group < group.Group || perLayer <= other.PerLayer),
                AllocationPattern.Decreasing => others.TrueForAll(other => other.Group > group.Group || perLayer <= other.PerLayer),
                _ => others.Count == 0 || others.Exists(other => perLayer <= other.PerLayer)
                    || (!pinned.Contains(group) && (Int128)perLayer * weight <= (Int128)rest * group.Weight),
            };
        }
    }

    private static InfeasibleDesign Infeasible(List<GroupLayers> groups, long smallest, long cap)
    {
        var (number, total) = groups.GroupBy(group => group.Group)
            .Select(same => (same.Key, same.Sum(group => group.Layers * group.Minimum)))
            .MaxBy(group => group.Item2);
        return new InfeasibleDesign(smallest, cap, number, string.Create(CultureInfo.InvariantCulture,
            $"at its smallest the design has {smallest:N0} trainable parameters and the budget is {cap:N0}; group {number + 1} alone needs {total:N0}; raise the budget, tune fewer groups or give them fewer methods{(groups.Exists(group => group.HasOwnSize) ? ", or methods of smaller sizes" : "")}"));
    }
}
