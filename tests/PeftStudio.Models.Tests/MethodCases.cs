using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Tests;

/// <summary>The designs of the contract suite: every method alone; unions, among them MAM and all that fit together; frozen layers below, between and above.</summary>
internal static class MethodCases
{
    /// <summary>A method of nobody's name: vectors on queries, the attention's output and both products of the feed-forward.</summary>
    private static readonly PeftMethod Vectors = NamedMethods.Ia3 with
    {
        Name = "vectors",
        Representation = ModifiedRepresentation.Query | Representations.SubLayers | ModifiedRepresentation.FeedForwardInner,
    };

    /// <summary>Another: a scaled bottleneck beside each sub-layer.</summary>
    private static readonly PeftMethod Beside = NamedMethods.ScaledParallel with { Name = "abreast", Representation = Representations.SubLayers, Scale = -0.5 };

    /// <summary>A third: vectors on what the last product of each sub-layer reads.</summary>
    private static readonly PeftMethod Inputs = NamedMethods.Ia3 with { Name = "inputs", Representation = ModifiedRepresentation.AttentionHeads | ModifiedRepresentation.FeedForwardActivation };

    /// <summary>A fourth: a low-rank change of each sub-layer's output, which a merged backbone can hold.</summary>
    private static readonly PeftMethod Linear = NamedMethods.LowRankAdapter with { Name = "linear", Form = FunctionalForm.LowRank };

    /// <summary>One with a size of its own, whatever the others' are.</summary>
    private static readonly PeftMethod Held = NamedMethods.ScaledParallel with { Name = "held", Size = 6 };

    public static readonly PeftMethod[] Methods = [.. NamedMethods.All, Vectors, Beside, Inputs, Linear, Held];

    /// <summary>One set a layer.</summary>
    public static readonly IReadOnlyList<string> Designs =
    [
        .. Methods.Select(method => string.Join('|', Enumerable.Repeat(method.Name, 4))),
        "prefix+scaled-parallel|prefix+scaled-parallel|-|prefix+scaled-parallel", "-|layernorm+lora-ffn|-|ia3+lora", "inputs+multihead-parallel+prefix|lora-all+inputs|-|inputs+vectors",
        "adapter+bitfit+houlsby+ia3+linear+lora-all+lowrank-adapter+multihead-parallel+parallel+prefix+vectors|-|-|houlsby",
        "-|adapter+bitfit|-|adapter+lora", "held+prefix|-|held|held+lora", "-|-|bitfit+lora|-", "-|-|-|adapter+prefix", "prefix+bitfit|lora|-|prefix+lora",
        "adapter+bitfit+lora+prefix|-|adapter+bitfit+lora+prefix|lora",
    ];

    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        foreach (var model in new[] { "bert", "roberta", "t5", "t5-1.0", "bart" })
            foreach (var design in Designs)
                data.Add(model, design);
        return data;
    }

    public static (Design Design, DesignSizes Sizes) Parse(string text, BackboneShape shape)
    {
        var groups = text.Split('|').Select(g => g == "-" ? MethodSet.Empty : new MethodSet(g.Split('+').ToValueList())).ToValueList();
        var design = new Design(
            LayerPattern.Uniform, shape.Stacks.Select(_ => new LayerGrouping(groups.Select(_ => 1).ToValueList())).ToValueList(), AllocationPattern.Uniform,
            new TunableGroups(Enumerable.Range(1, groups.Count).Where(g => !groups[g - 1].IsEmpty).ToValueList()), groups);
        var sizes = shape.Stacks.SelectMany(stack => groups.SelectMany((set, g) => set.Names.Select(name =>
        {
            var method = Methods.Single(m => m.Name == name);
            var size = method.Size ?? (method.HasSize ? g + 2 : 0);
            return new MethodSize(stack.Name, g, name, size, method.ParametersPerLayer(stack, size));
        }))).ToValueList();
        return (design, new DesignSizes(sizes, sizes.Sum(s => s.ParametersPerLayer)));
    }

    public static TunedModel Create(Backbone backbone, string text, HeadPlan? head = null, int seed = 2)
    {
        var (design, sizes) = Parse(text, backbone.Shape);
        return TunedModel.Create(backbone, design, sizes, Methods, head ?? TinyModel.Head(backbone), new InitialisationSeed(1, seed));
    }
}
