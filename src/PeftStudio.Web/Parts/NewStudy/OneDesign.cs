using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A design made by hand: changes that keep it one design.</summary>
internal static class OneDesign
{
    /// <summary>LoRA on every layer of a twelve-layer encoder, in four groups.</summary>
    public static Design Start { get; } = Uniform(12, 4, new MethodSet(["lora"]));

    public static Design Uniform(int layers, int groups, MethodSet methods) => new(
        LayerPattern.Uniform,
        [GroupingVectors.Uniform(layers, groups)],
        AllocationPattern.Uniform,
        new TunableGroups(Enumerable.Range(1, groups).ToValueList()),
        Enumerable.Repeat(methods, groups).ToValueList());

    /// <summary>The same pattern and methods for another depth or number of groups; a pattern that does not exist there becomes uniform.</summary>
    public static Design Fit(Design design, BackboneShape shape, int groups)
    {
        if (design.Methods.Count == groups && design.Groupings.Select(grouping => grouping.Sizes.Sum()).SequenceEqual(shape.Stacks.Select(stack => stack.Layers)))
            return design;
        groups = Math.Min(groups, shape.Stacks.Min(stack => stack.Layers));
        var pattern = shape.Stacks.All(stack => GroupingVectors.Problem(design.Pattern, stack.Layers, groups) is null) ? design.Pattern : LayerPattern.Uniform;
        var methods = Enumerable.Range(0, groups).Select(group => design.Methods[Math.Min(group, design.Methods.Count - 1)]).ToValueList();
        return Retune(new(pattern, Vectors(pattern, shape, groups), design.Allocation, design.Tunable, methods));
    }

    public static Design WithPattern(Design design, LayerPattern pattern, BackboneShape shape) =>
        design with { Pattern = pattern, Groupings = Vectors(pattern, shape, design.Methods.Count) };

    /// <summary>Turns a method of a group on or off; a group without methods is frozen. The last method of the last group stays.</summary>
    public static Design Toggle(Design design, int group, string method)
    {
        var names = design.Methods[group].Contains(method)
            ? design.Methods[group].Names.Where(name => name != method)
            : design.Methods[group].Names.Append(method);
        var methods = design.Methods.Select((set, index) => index == group ? new MethodSet(names.ToValueList()) : set).ToValueList();
        return methods.All(set => set.IsEmpty) ? design : Retune(design with { Methods = methods });
    }

    private static Design Retune(Design design) =>
        design with { Tunable = new TunableGroups(Enumerable.Range(1, design.Methods.Count).Where(group => !design.Methods[group - 1].IsEmpty).ToValueList()) };

    private static ValueList<LayerGrouping> Vectors(LayerPattern pattern, BackboneShape shape, int groups) =>
        shape.Stacks.Select(stack => GroupingVectors.Of(pattern, stack.Layers, groups)).Select(vectors => vectors[vectors.Count / 2]).ToValueList();
}
