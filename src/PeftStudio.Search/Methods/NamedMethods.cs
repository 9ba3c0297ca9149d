using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>The methods that have a name in the literature.</summary>
public static class NamedMethods
{
    /// <summary>Bottleneck adapter after the feed-forward sub-layer ("Pfeiffer"): d -> r -> d.</summary>
    public static readonly PeftMethod Adapter = new("adapter", "Adapter",
        FunctionalForm.Bottleneck, ModifiedRepresentation.FeedForwardOutput, InsertionForm.Sequential, Composition.Add);

    /// <summary>Own keys and values in front of each attention; softmax over both is the gate.</summary>
    public static readonly PeftMethod Prefix = new("prefix", "Prefix",
        FunctionalForm.KeyValue, ModifiedRepresentation.AttentionHeads, InsertionForm.Parallel, Composition.Gated);

    /// <summary>The biases of every linear and norm module of the layer.</summary>
    public static readonly PeftMethod BitFit = new("bitfit", "BitFit",
        FunctionalForm.Bias, Representations.Products | ModifiedRepresentation.Norms, InsertionForm.Sequential, Composition.Add);

    /// <summary>LoRA on the query and value projections; alpha = 2 r, so the scale is 2 for every rank.</summary>
    public static readonly PeftMethod Lora = new("lora", "LoRA",
        FunctionalForm.LowRank, ModifiedRepresentation.Query | ModifiedRepresentation.Value, InsertionForm.Parallel, Composition.Scaled, Scale: 2);

    /// <summary>Bottleneck adapters after attention and after the feed-forward, each reading its sub-layer's own output ("Houlsby").</summary>
    public static readonly PeftMethod Houlsby = new("houlsby", "Houlsby adapter",
        FunctionalForm.Bottleneck, ModifiedRepresentation.AttentionOutput | ModifiedRepresentation.FeedForwardOutput, InsertionForm.BeforeResidual, Composition.Add);

    /// <summary>Bottleneck beside the feed-forward, reading its input.</summary>
    public static readonly PeftMethod Parallel = new("parallel", "Parallel adapter",
        FunctionalForm.Bottleneck, ModifiedRepresentation.FeedForwardOutput, InsertionForm.Parallel, Composition.Add);

    /// <summary>The parallel adapter times 2, as in the unified view's runs on GLUE (4 in its runs on XSum and en-ro).</summary>
    public static readonly PeftMethod ScaledParallel = new("scaled-parallel", "Scaled parallel adapter",
        FunctionalForm.Bottleneck, ModifiedRepresentation.FeedForwardOutput, InsertionForm.Parallel, Composition.Scaled, Scale: 2);

    /// <summary>Beside each attention head: ReLU(q P_k^T) P_v, added; the queries are not scaled, as in the unified view's code.</summary>
    public static readonly PeftMethod MultiHeadParallel = new("multihead-parallel", "Multi-head parallel adapter",
        FunctionalForm.KeyValue, ModifiedRepresentation.AttentionHeads, InsertionForm.Parallel, Composition.Add);

    /// <summary>LoRA on both products of the feed-forward.</summary>
    public static readonly PeftMethod LoraFeedForward = Lora with
    {
        Name = "lora-ffn",
        Title = "LoRA on the FFN",
        Representation = ModifiedRepresentation.FeedForwardInner | ModifiedRepresentation.FeedForwardOutput,
    };

    /// <summary>LoRA on every product of the layer.</summary>
    public static readonly PeftMethod LoraAll = Lora with { Name = "lora-all", Title = "LoRA on all products", Representation = Representations.Products };

    /// <summary>Bottleneck of low-rank weights after each sub-layer, reading its own output: the sparse structure search's candidate. Its size is the weights' rank.</summary>
    public static readonly PeftMethod LowRankAdapter = new("lowrank-adapter", "Low-rank adapter",
        FunctionalForm.LowRankBottleneck, ModifiedRepresentation.AttentionOutput | ModifiedRepresentation.FeedForwardOutput, InsertionForm.BeforeResidual, Composition.Add);

    /// <summary>Weights and biases of the layer's norms.</summary>
    public static readonly PeftMethod LayerNorm = new("layernorm", "Layer norm",
        FunctionalForm.Affine, ModifiedRepresentation.Norms, InsertionForm.Sequential, Composition.Add);

    /// <summary>Learnt vectors that multiply keys, values and the feed-forward's inner activation.</summary>
    public static readonly PeftMethod Ia3 = new("ia3", "(IA)3",
        FunctionalForm.Rescaling, ModifiedRepresentation.Key | ModifiedRepresentation.Value | ModifiedRepresentation.FeedForwardActivation, InsertionForm.Sequential, Composition.Add);

    /// <summary>The unified view's MAM adapter is a set of two, each with a size of its own.</summary>
    public static MethodSet Mam { get; } = new([Prefix.Name, ScaledParallel.Name]);

    /// <summary>The design-spaces paper's four first.</summary>
    public static ValueList<PeftMethod> All { get; } =
        [Adapter, Prefix, BitFit, Lora, Houlsby, Parallel, ScaledParallel, MultiHeadParallel, LoraFeedForward, LoraAll, LowRankAdapter, LayerNorm, Ia3];

    /// <summary>All that can be named where a plan builds <paramref name="own"/> methods too: the literature's first.</summary>
    public static ValueList<PeftMethod> With(ValueList<PeftMethod> own) => own.Count == 0 ? All : [.. All, .. own];

    public static PeftMethod Get(string name) =>
        All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"no method is called '{name}'; there are {string.Join(", ", All.Select(method => method.Name))}");
}
