using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A structure of the literature, laid out for a backbone's depth. <paramref name="Says"/>: its source, and what of it is not known or not the source's.</summary>
public sealed record ReadyDesign(string Key, string Title, string Says, ValueList<MethodSet> Groups, LayerPattern Pattern)
{
    private const string Sizes = "Sizes come from the budget here, not from the paper.";

    public static IReadOnlyList<ReadyDesign> All { get; } =
    [
        new("s4", "S4 of the design-spaces paper",
            "Found by arXiv 2301.01821 on T5-base with 0.5 % (methods as in the survey 2303.15647). Not known: the sizes of its four groups (the most even spindle is taken), how 0.5 % became sizes, its learning rates.",
            [new(["adapter", "lora"]), new(["adapter", "prefix"]), new(["adapter", "prefix", "bitfit"]), new(["prefix", "bitfit", "lora"])], LayerPattern.Spindle),
        Everywhere("mam", "MAM",
            $"arXiv 2110.04366: a short prefix and a scaled parallel adapter in every layer. Its runs on GLUE had prefix 16, bottleneck 16, scale 2, and a reparametrised prefix. {Sizes}", "prefix", "scaled-parallel"),
        Everywhere("houlsby", "Houlsby", $"arXiv 1902.00751: adapters after attention and after the feed-forward. ReLU as in the unified view; the paper's norms stay frozen here. {Sizes}", "houlsby"),
        Everywhere("pfeiffer", "Pfeiffer", $"arXiv 2005.00247: one adapter a layer, in AdapterHub's form. {Sizes}", "adapter"),
        Everywhere("bitfit", "BitFit", "arXiv 2106.10199: every bias of the layers; the embeddings' norm stays frozen here. Its size is fixed, whatever the budget leaves.", "bitfit"),
        Everywhere("lora", "LoRA", $"arXiv 2106.09685: query and value; the scale is 2 for every rank. {Sizes}", "lora"),
    ];

    /// <summary>Why the backbone is too shallow for it; null where it is not.</summary>
    public string? Problem(BackboneShape shape) => shape.Stacks.Select(stack => stack.Layers < Groups.Count
        ? $"needs {Groups.Count} layers; the {stack.Name} has {stack.Layers}"
        : GroupingVectors.Problem(Pattern, stack.Layers, Groups.Count)).FirstOrDefault(problem => problem is not null);

    /// <exception cref="ArgumentException">It has a <see cref="Problem"/>.</exception>
    public Design For(BackboneShape shape) => Problem(shape) is { } problem
        ? throw new ArgumentException($"{Title}: {problem}", nameof(shape))
        : new Design(
            Pattern,
            shape.Stacks.Select(stack => GroupingVectors.Of(Pattern, stack.Layers, Groups.Count).MinBy(vector => vector.Sizes.Max() - vector.Sizes.Min())!).ToValueList(),
            AllocationPattern.Uniform,
            new TunableGroups(Enumerable.Range(1, Groups.Count).ToValueList()),
            Groups);

    // Two groups: the fewest that a design made by hand can have.
    private static ReadyDesign Everywhere(string key, string title, string says, params string[] methods) =>
        new(key, title, says, [new([.. methods]), new([.. methods])], LayerPattern.Uniform);
}
