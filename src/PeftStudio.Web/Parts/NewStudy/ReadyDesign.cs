using System.Globalization;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A structure of the literature, laid out for a backbone's depth, with the methods and the budget that it needs.</summary>
/// <param name="Says">its source, and what of it is not known or not the source's.</param>
public sealed record ReadyDesign(string Key, string Title, string Says, ValueList<MethodSet> Groups, LayerPattern Pattern)
{
    private const string SizesOfBudget = "Sizes come from the budget here, not from the paper.";

    private const string UnknownOfGroups =
        "the sizes of its four groups (the most even spindle is taken), whether T5's two stacks were counted as one (here each has a spindle), how a budget became sizes, what BitFit is on T5, which has no biases (new ones, zero at first, here), its learning rates";

    private const string MlpOfPrefix =
        "Its prefix is made by a tanh MLP, 800 wide as is its code's default: one over all layers there, one an attention here.";

    // The paper's prefix has a network while it trains; see PeftMethod.Reparametrisation.
    private static readonly PeftMethod PrefixOfMlp = NamedMethods.Prefix with { Name = "prefix-mlp", Title = "Prefix through an MLP", Reparametrisation = 800 };

    private static readonly PeftMethod ScaledBy4 = NamedMethods.ScaledParallel with { Name = "scaled-parallel-4", Title = "Scaled parallel adapter, s = 4", Scale = 4 };

    /// <summary>Methods that the literature's names do not cover; the plan gets them.</summary>
    public ValueList<PeftMethod> Own { get; init; } = [];

    /// <summary>The source's budget in percent; null: it has none for every backbone.</summary>
    public double? Percent { get; init; }

    /// <summary>The source's sizes in every layer; empty: the budget's. What they cost is then the budget.</summary>
    public ValueList<SourceSize> Sizes { get; init; } = [];

    public static IReadOnlyList<ReadyDesign> All { get; } =
    [
        new("s4", "S4 of the design-spaces paper",
            $"Found by arXiv 2301.01821 on T5-base and GLUE with 0.5 %; methods as the survey 2303.15647 gives them. Not known: {UnknownOfGroups}.",
            [new(["adapter", "lora"]), new(["adapter", "prefix"]), new(["adapter", "prefix", "bitfit"]), new(["prefix", "bitfit", "lora"])], LayerPattern.Spindle) { Percent = 0.5 },
        new("s4-3b", "S4-3b of the design-spaces paper",
            $"Said to be what arXiv 2301.01821 found on T5-3b, for large backbones. Its methods are not confirmed: the survey that gives S4's gives none for it, so take them as a hint. Not known besides: its budget (S4's 0.5 % is set), {UnknownOfGroups}.",
            [new(["prefix", "lora"]), new(["adapter", "lora"]), new(["prefix", "bitfit", "lora"]), new(["adapter", "prefix", "bitfit"])], LayerPattern.Spindle) { Percent = 0.5 },
        Everywhere("mam", "MAM for GLUE",
            $"arXiv 2110.04366 on RoBERTa-base, by its published scripts: in every layer a prefix of 16 and a scaled parallel adapter of 16, s = 2. The budget is set so that these sizes come out on an encoder; an encoder-decoder's cross attention has a prefix too, and there they come out otherwise. {MlpOfPrefix} "
            + "Not known: how its 0.5 % was counted, and whether its head was trained, which its code as published leaves frozen; here it is trained and counted apart.",
            PrefixOfMlp.Name, NamedMethods.ScaledParallel.Name) with
        {
            Own = [PrefixOfMlp],
            Sizes = [new(PrefixOfMlp.Name, 16), new(NamedMethods.ScaledParallel.Name, 16)],
        },
        Everywhere("mam-generation", "MAM for generation",
            $"arXiv 2110.04366 on BART-large (XSum) and mBART-large (en-ro), by its published scripts: in every layer a prefix of 30 and a scaled parallel adapter of 512, s = 4. The budget is what these sizes cost (27.4 million on BART-large, where the paper says 6.7 %), but the studio divides it evenly over a layer's methods: "
            + $"on BART-large the prefix gets some 280 in the encoder and 140 in the decoder, the adapter some 280. {MlpOfPrefix} Its training (50 000 to 100 000 steps at 5e-5) is not set here. Not known: how it does with the evenly divided sizes, and its numbers on other backbones.",
            PrefixOfMlp.Name, ScaledBy4.Name) with
        {
            Own = [PrefixOfMlp, ScaledBy4],
            Sizes = [new(PrefixOfMlp.Name, 30), new(ScaledBy4.Name, 512)],
        },
        Everywhere("houlsby", "Houlsby", $"arXiv 1902.00751: adapters after attention and after the feed-forward. ReLU as in the unified view; the paper's norms stay frozen here. {SizesOfBudget}", "houlsby"),
        Everywhere("pfeiffer", "Pfeiffer", $"arXiv 2005.00247: one adapter a layer, in AdapterHub's form. {SizesOfBudget}", "adapter"),
        Everywhere("bitfit", "BitFit", "arXiv 2106.10199: every bias of the layers; the embeddings' norm stays frozen here. Not in the paper: T5, which has no biases and gets new ones, zero at first. Its size is fixed, whatever the budget leaves.", "bitfit"),
        Everywhere("lora", "LoRA", $"arXiv 2106.09685: query and value; the scale is 2 for every rank. {SizesOfBudget}", "lora"),
    ];

    /// <summary>Why it is not for the backbone, too shallow or too small; null where it is.</summary>
    public string? Problem(BackboneShape shape) => shape.Stacks.Select(stack => stack.Layers < Groups.Count
        ? $"needs {Groups.Count} layers; the {stack.Name} has {stack.Layers}"
        : GroupingVectors.Problem(Pattern, stack.Layers, Groups.Count)).FirstOrDefault(problem => problem is not null)
        ?? (Sizes.Count > 0 && CostOfSizes(shape) is var cost && cost > shape.Parameters
            ? string.Create(CultureInfo.InvariantCulture, $"its sizes cost {cost:N0} trainable parameters; the backbone has {shape.Parameters:N0}")
            : null);

    /// <exception cref="ArgumentException">It has a <see cref="Problem"/>.</exception>
    public Design For(BackboneShape shape) => Problem(shape) is { } problem
        ? throw new ArgumentException($"{Title}: {problem}", nameof(shape))
        : new Design(
            Pattern,
            shape.Stacks.Select(stack => GroupingVectors.Of(Pattern, stack.Layers, Groups.Count).MinBy(vector => vector.Sizes.Max() - vector.Sizes.Min())!).ToValueList(),
            AllocationPattern.Uniform,
            new TunableGroups(Enumerable.Range(1, Groups.Count).ToValueList()),
            Groups);

    /// <summary>The plan with this design, its methods and its budget; methods that another ready design brought leave.</summary>
    /// <exception cref="ArgumentException">It has a <see cref="Problem"/>.</exception>
    public StudyPlan Begin(StudyPlan plan, BackboneShape shape)
    {
        var left = All.SelectMany(ready => ready.Own).Where(plan.OwnMethods.Contains).Aggregate(plan, (less, method) => OwnMethodEdits.Remove(less, method.Name));
        var begun = Own.Aggregate(left, OwnMethodEdits.Put) with { Design = For(shape) };
        return Percent is { } percent ? begun with { Budget = new Budget(percent: percent) }
            : Sizes.Count > 0 ? begun with { Budget = new Budget(parameters: Budgeted(begun, shape)) }
            : begun;
    }

    /// <summary>Whether a plan has this design, with these methods behind its names.</summary>
    public bool IsIn(Design design, ValueList<PeftMethod> methods, BackboneShape shape) => Problem(shape) is null && Own.All(methods.Contains) && For(shape).Equals(design);

    // Two groups: the fewest that a design made by hand can have.
    private static ReadyDesign Everywhere(string key, string title, string says, params string[] methods) =>
        new(key, title, says, [new([.. methods]), new([.. methods])], LayerPattern.Uniform);

    /// <summary>A layer's methods get even shares: room for the dearest one's size in each share gives the source's sizes where they cost nearly the same. Where that gives others, what they cost.</summary>
    private long Budgeted(StudyPlan begun, BackboneShape shape)
    {
        var even = shape.Stacks.Sum(stack => stack.Layers * Sizes.Count * Sizes.Max(size => CostOf(size, stack)));
        return even <= shape.Parameters && BudgetSizes.Compute(begun.Design!, even, shape, begun.Methods).Sizes is { } given && given.Sizes.All(size => Sizes.Contains(new(size.Method, size.Size)))
            ? even
            : CostOfSizes(shape);
    }

    private long CostOfSizes(BackboneShape shape) => shape.Stacks.Sum(stack => stack.Layers * Sizes.Sum(size => CostOf(size, stack)));

    private long CostOf(SourceSize size, StackShape stack) => NamedMethods.With(Own).First(method => method.Name == size.Method).ParametersPerLayer(stack, size.Size);
}

/// <summary>A method's size in a source: bottleneck or prefix length.</summary>
public sealed record SourceSize(string Method, int Size);
