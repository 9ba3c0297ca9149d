using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>Makes the design space of a plan for a backbone, or tells every entry that is wrong.</summary>
public sealed class SpaceBuilder
{
    private readonly SpacePlan plan;
    private readonly BackboneShape shape;
    private readonly IReadOnlyList<PeftMethod> methods;
    private readonly List<PlanProblem> problems = [];

    private SpaceBuilder(SpacePlan plan, BackboneShape shape, IReadOnlyList<PeftMethod> methods) =>
        (this.plan, this.shape, this.methods) = (plan, shape, methods);

    /// <param name="methods">all that the plan may name.</param>
    public static SpaceResult Build(SpacePlan plan, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        var builder = new SpaceBuilder(plan, shape, methods);
        var space = builder.Build();
        return new SpaceResult(builder.problems.Count == 0 ? space : null, builder.problems.ToValueList());
    }

    private DesignSpace? Build()
    {
        CheckMethods();
        Check("space.allocations", plan.Allocations, _ => null, "allocation");
        var shallowest = shape.Stacks.Min(stack => stack.Layers);
        var most = Math.Min(GroupingVectors.MostGroups, shallowest);
        if (plan.Groups < 2 || plan.Groups > most)
        {
            // What is said group by group cannot be read without their number.
            problems.Add(new("space.groups", $"{plan.Groups} groups; 2 to {most} for this backbone, whose shallowest stack has {shallowest} layers"));
            return null;
        }
        Check("space.groupings", plan.Groupings,
            pattern => shape.Stacks.Select(stack => GroupingVectors.Problem(pattern, stack.Layers, plan.Groups)).FirstOrDefault(problem => problem is not null), "grouping");
        var tunables = Tunables();
        var strategies = Strategies();
        return problems.Count == 0 ? new DesignSpace(plan.Groups, plan.Groupings, plan.Allocations, tunables, strategies) : null;
    }

    private void CheckMethods() => Check("space.methods", plan.Methods, name => methods.Any(method => string.Equals(method.Name, name, StringComparison.Ordinal))
        ? null
        : $"no method is called '{name}'; there are {string.Join(", ", methods.Select(method => method.Name))}", "method");

    private ValueList<TunableGroups> Tunables()
    {
        if (plan.TunableGroups.Count == 0)
            return DefaultChoices.Tunables(plan.Groups);
        var sets = plan.TunableGroups.Select(groups => groups.Order().ToValueList()).ToValueList();
        Check("space.tunableGroups", sets, groups =>
        {
            if (groups.Count == 0)
                return "an empty set; tune at least one group, or remove the entry";
            if (groups.Any(group => group < 1 || group > plan.Groups))
                return $"group {groups.First(group => group < 1 || group > plan.Groups)} of {plan.Groups}; name groups from 1 to {plan.Groups}";
            return groups.Distinct().Count() == groups.Count ? null : $"a group is listed twice in {groups}; name each once";
        }, "set of groups");
        return problems.Count == 0 ? sets.Select(groups => new TunableGroups(groups)).ToValueList() : [];
    }

    private ValueList<ValueList<MethodSet>> Strategies()
    {
        if (plan.Strategies.Count == 0)
        {
            if (plan.Methods.Count <= DefaultChoices.MostMethods)
                return Enumerable.Repeat(DefaultChoices.Strategies(plan.Methods).Where(set => Conflict(set) is null).ToValueList(), plan.Groups).ToValueList();
            problems.Add(new("space.strategies", $"{plan.Methods.Count} methods have too many sets to try each; list the sets, or choose at most {DefaultChoices.MostMethods} methods"));
            return [];
        }
        if (plan.Strategies.Count != 1 && plan.Strategies.Count != plan.Groups)
            problems.Add(new("space.strategies", $"{plan.Strategies.Count} lists of method sets for {plan.Groups} groups; give one for all groups or one for each"));
        var lists = new List<ValueList<MethodSet>>();
        for (var list = 0; list < plan.Strategies.Count; list++)
        {
            var path = $"space.strategies[{list}]";
            var entries = plan.Strategies[list];
            for (var entry = 0; entry < entries.Count; entry++)
                Check($"{path}[{entry}]", entries[entry], name => plan.Methods.Contains(name, StringComparer.Ordinal)
                    ? null
                    : $"'{name}' is not among the study's methods {string.Join(", ", plan.Methods)}; add it there or remove it here", "method");
            var sets = entries.Select(names => new MethodSet(names)).ToValueList();
            Check(path, sets, Conflict, "method set");
            lists.Add(sets);
        }
        return lists.Count == 1 ? Enumerable.Repeat(lists[0], plan.Groups).ToValueList() : lists.ToValueList();
    }

    /// <summary>Why the set's methods cannot stand in one layer; names that are no method are told elsewhere.</summary>
    private string? Conflict(MethodSet set) => MethodRules.Conflict(methods.Where(method => set.Contains(method.Name)));

    private void Check<T>(string path, ValueList<T> entries, Func<T, string?> problem, string what)
    {
        if (entries.Count == 0)
            problems.Add(new(path, $"no {what} is left; choose at least one"));
        for (var i = 0; i < entries.Count; i++)
        {
            if (problem(entries[i]) is { } message)
                problems.Add(new($"{path}[{i}]", message));
            else if (entries.Take(i).Contains(entries[i]))
                problems.Add(new($"{path}[{i}]", $"{entries[i]} is listed twice; remove one"));
        }
    }
}
