using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>Changes of a plan's own methods that keep the rest of the plan in step with them.</summary>
internal static class OwnMethodEdits
{
    /// <summary>Adds the method, or puts it in the place of the one of its name. A new one is among the space's methods at once, and alone a strategy where those are listed.</summary>
    public static StudyPlan Put(StudyPlan plan, PeftMethod method)
    {
        if (plan.OwnMethods.Any(own => Same(own.Name, method.Name)))
            return plan with { OwnMethods = plan.OwnMethods.Select(own => Same(own.Name, method.Name) ? method : own).ToValueList() };
        return plan with
        {
            OwnMethods = [.. plan.OwnMethods, method],
            Space = plan.Space is not { } space ? null : space with
            {
                Methods = [.. space.Methods, method.Name],
                Strategies = space.Strategies.Select(sets => (ValueList<ValueList<string>>)[.. sets, [method.Name]]).ToValueList(),
            },
        };
    }

    /// <summary>Takes the method away, and whatever names it: strategies, its rate, its place in a design, whose last method it may be; then LoRA stands in.</summary>
    public static StudyPlan Remove(StudyPlan plan, string name)
    {
        var left = plan with
        {
            OwnMethods = plan.OwnMethods.Where(own => !Same(own.Name, name)).ToValueList(),
            Training = plan.Training with { MethodRates = plan.Training.MethodRates.Where(rate => !Same(rate.Method, name)).ToValueList() },
        };
        if (left.Space is { } space)
            return left with { Space = WithMethods(space, space.Methods.Where(method => !Same(method, name)).ToValueList()) };
        if (left.Design is not { } design || !design.Methods.Any(set => set.Contains(name)))
            return left;
        if (design.Methods.All(set => set.IsEmpty || (set.Contains(name) && set.Names.Count == 1)))
            design = OneDesign.Toggle(design, design.Methods.Count - 1, NamedMethods.Lora.Name);
        for (var group = 0; group < design.Methods.Count; group++)
            if (design.Methods[group].Contains(name))
                design = OneDesign.Toggle(design, group, name);
        return left with { Design = design };
    }

    /// <summary>The space with these methods; one that left takes the sets that name it along.</summary>
    public static SpacePlan WithMethods(SpacePlan space, ValueList<string> methods)
    {
        var strategies = space.Strategies.Select(group => group.Where(set => set.All(methods.Contains)).ToValueList()).ToValueList();
        return space with { Methods = methods, Strategies = strategies.Any(group => group.Count > 0) ? strategies : [] };
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.Ordinal);
}
