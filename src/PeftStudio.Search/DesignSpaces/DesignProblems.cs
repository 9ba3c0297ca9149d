using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>Whether a design, perhaps made by hand, fits a backbone.</summary>
public static class DesignProblems
{
    /// <summary>Every problem, with field paths below "design"; empty where the design can be built.</summary>
    public static ValueList<PlanProblem> Of(Design design, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        var problems = new List<PlanProblem>();
        var groups = design.Methods.Count;
        if (groups == 0)
            problems.Add(new("design.methods", "no groups; give one list of methods a group"));
        if (design.Groupings.Count != shape.Stacks.Count)
            problems.Add(new("design.groupings", $"{design.Groupings.Count} size vectors for {shape.Stacks.Count} stacks of the backbone; give one a stack"));
        for (var stack = 0; stack < Math.Min(design.Groupings.Count, shape.Stacks.Count); stack++)
            if (Grouping(design.Groupings[stack], shape.Stacks[stack], groups) is { } message)
                problems.Add(new($"design.groupings[{stack}]", message));
        foreach (var group in design.Tunable.Groups.Where(group => group > groups))
            problems.Add(new("design.tunable", $"group {group} of {groups}; name groups from 1 to {groups}"));
        for (var group = 0; group < groups; group++)
            if (Methods(design, group, methods) is { } message)
                problems.Add(new($"design.methods[{group}]", message));
        return problems.ToValueList();
    }

    private static string? Grouping(LayerGrouping grouping, StackShape stack, int groups)
    {
        if (grouping.Sizes.Count != groups)
            return $"{grouping.Sizes.Count} sizes for {groups} groups; give one size a group";
        if (grouping.Sizes.Any(size => size < 1))
            return $"sizes {grouping.Sizes}; each group has at least one layer";
        return grouping.Sizes.Sum() == stack.Layers
            ? null
            : $"sizes {grouping.Sizes} add up to {grouping.Sizes.Sum()} layers and the {stack.Name} has {stack.Layers}; change a size";
    }

    private static string? Methods(Design design, int group, IReadOnlyList<PeftMethod> methods)
    {
        var set = design.Methods[group];
        if (set.IsEmpty == design.Tunable.Contains(group))
            return set.IsEmpty
                ? $"group {group + 1} is tunable and has no methods; name one, or freeze the group"
                : $"group {group + 1} is frozen and has the methods {set}; take them away, or tune the group";
        var unknown = set.Names.Where(name => !methods.Any(method => string.Equals(method.Name, name, StringComparison.Ordinal))).ToList();
        return unknown.Count == 0
            ? MethodRules.Conflict(methods.Where(method => set.Contains(method.Name)))
            : $"no method is called '{string.Join("', '", unknown)}'; there are {string.Join(", ", methods.Select(method => method.Name))}";
    }
}
