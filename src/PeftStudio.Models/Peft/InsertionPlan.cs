using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>One module at one site of one layer.</summary>
/// <param name="Layer">counted from 0.</param>
/// <param name="Size">rank, bottleneck or prefix length; 0 for a vector.</param>
/// <param name="Scale">s of h + s dh.</param>
public sealed record ModulePlacement(int Layer, string Method, FunctionalForm Form, ModifiedRepresentation Site, int Size, double Scale)
{
    public required InsertionForm Insertion { get; init; }

    /// <summary>Of keys and values: whether softmax over them and the layer's own is the gate (prefix), or ReLU stands in its place.</summary>
    public bool Gated { get; init; }

    /// <summary>Of a bottleneck. The studio's own have ReLU, or GELU where their weights are of low rank; AdapterHub's files name theirs.</summary>
    public Activation Nonlinearity { get; init; } = Activation.Relu;

    /// <summary>The stack whose layer it is.</summary>
    public string Stack { get; init; } = "encoder";

    /// <summary>On the decoder's attention to the encoder, not to itself.</summary>
    public bool IsCross { get; init; }

    /// <summary>Of a prefix: whether it counts as tokens before the keys', which moves their relative positions (AdapterHub's T5).</summary>
    public bool CountsAsTokens { get; init; }

    /// <summary>Bare key of the module that it is put on, whose name its parameters carry. Null: BERT's, by layer and site.</summary>
    public string? Address { get; init; }
}

/// <summary>A backbone tensor that is trained itself, by its bare key. <paramref name="Group"/>: the method's name, or <see cref="ParameterGroups.Backbone"/>.</summary>
public sealed record TrainedTensor(string Key, string Group)
{
    /// <summary>Length of a vector that the backbone does not have and a trial adds, zero at first; null: the backbone's own tensor.</summary>
    public int? Added { get; init; }
}

/// <summary>All that is put into a backbone: what a design, or the files of an adapter, come down to.</summary>
public sealed record InsertionPlan(ValueList<ModulePlacement> Modules, ValueList<TrainedTensor> Tensors)
{
    public static readonly InsertionPlan Empty = new([], []);

    /// <exception cref="ArgumentException">A method is not built, or the design does not fit the backbone.</exception>
    public static InsertionPlan Of(Design design, DesignSizes sizes, IReadOnlyList<PeftMethod> methods, BackboneConfig config)
    {
        var shape = config.Shape();
        if (design.Groupings.Count != shape.Stacks.Count)
            throw new ArgumentException($"the design groups the layers of {design.Groupings.Count} stacks; the backbone has {shape.Stacks.Count}", nameof(design));
        var (modules, tensors) = (new List<ModulePlacement>(), new List<TrainedTensor>());
        for (var s = 0; s < shape.Stacks.Count; s++)
            InsertStack(design, design.Groupings[s].Sizes, sizes, methods, shape.Stacks[s], LayerSites.Of(config), modules, tensors);
        return new InsertionPlan(modules.ToValueList(), tensors.ToValueList());
    }

    /// <summary>Full fine-tuning: every tensor of the network; the pooler where the checkpoint has one, and the language model's head where that is what writes.</summary>
    public static InsertionPlan Everything(Backbone backbone, HeadPlan head)
    {
        var keys = NetworkKeys.Of(backbone.Config).Select(k => k.Key);
        if (backbone.Config.Decoder is null && backbone.HeadLayout.HasPooler && backbone.Contains(backbone.HeadLayout.Dense + ".weight"))
            keys = keys.Append(backbone.HeadLayout.Dense + ".weight").Append(backbone.HeadLayout.Dense + ".bias");
        if (backbone.Config.T5 is { HasTiedHead: false } && head.Writes)
            keys = keys.Append(T5Keys.Head);
        return new InsertionPlan([], keys.Select(key => new TrainedTensor(key, ParameterGroups.Backbone)).ToValueList());
    }

    private static void InsertStack(
        Design design, ValueList<int> groups, DesignSizes sizes, IReadOnlyList<PeftMethod> methods, StackShape stack, LayerSites sites,
        List<ModulePlacement> modules, List<TrainedTensor> tensors)
    {
        var grouped = groups.Sum(size => (long)size);
        if (grouped != stack.Layers)
            throw new ArgumentException($"the design groups {grouped} layers; the backbone's {stack.Name} has {stack.Layers}", nameof(design));
        var first = 0;
        for (var g = 0; g < groups.Count; first += groups[g++])
        {
            if (MethodRules.Conflict(methods.Where(m => design.Methods[g].Contains(m.Name))) is { } conflict)
                throw new ArgumentException($"group {g + 1}: {conflict}", nameof(design));
            foreach (var name in design.Methods[g].Names)
            {
                var method = methods.FirstOrDefault(m => m.Name == name)
                    ?? throw new ArgumentException($"group {g + 1} wants the method '{name}', which is not among {string.Join(", ", methods.Select(m => m.Name))}", nameof(methods));
                if (MethodRules.Problem(method) is { } problem)
                    throw new ArgumentException($"the method '{name}' is no possible combination: {problem.Message}", nameof(methods));
                var size = SizeOf(sizes, stack.Name, g, method);
                for (var layer = first; layer < first + groups[g]; layer++)
                    Insert(method, stack.Name, layer, size, sites, modules, tensors);
            }
        }
    }

    private static int SizeOf(DesignSizes sizes, string stack, int group, PeftMethod method)
    {
        if (!method.HasSize)
            return 0;
        var found = sizes.Sizes.FirstOrDefault(s => s.Stack == stack && s.Group == group && s.Method == method.Name)
            ?? throw new ArgumentException($"no size is given for {method.Name} in group {group + 1} of the {stack}", nameof(sizes));
        if (method.Size is { } own && found.Size != own)
            throw new ArgumentException($"the size of {method.Name} in group {group + 1} is {found.Size}; its own is {own}", nameof(sizes));
        return found.Size >= 1 ? found.Size : throw new ArgumentException($"the size of {method.Name} in group {group + 1} is {found.Size}; at least 1", nameof(sizes));
    }

    private static void Insert(
        PeftMethod method, string stack, int layer, int size, LayerSites sites, List<ModulePlacement> modules, List<TrainedTensor> tensors)
    {
        if (method.Form is FunctionalForm.Bias or FunctionalForm.Affine)
        {
            tensors.AddRange(sites.Trained(stack, layer, method));
            return;
        }
        var ofSubLayers = Representations.AreSubLayers(method.Form, method.Insertion);
        foreach (var site in Representations.In(method.Representation))
            foreach (var place in ofSubLayers ? sites.SubLayers(stack, layer, site) : sites.Modules(stack, layer, site))
                modules.Add(new ModulePlacement(layer, method.Name, method.Form, site, size, method.Scale)
                {
                    Insertion = method.Insertion,
                    Gated = method.Composition == Composition.Gated,
                    Nonlinearity = method.Form == FunctionalForm.LowRankBottleneck ? Activation.GeluTanh : Activation.Relu,
                    Stack = stack,
                    IsCross = place.IsCross,
                    Address = place.Address,
                });
    }
}
