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
        FunctionalForm.Bias,
        ModifiedRepresentation.Query | ModifiedRepresentation.Key | ModifiedRepresentation.Value | ModifiedRepresentation.AttentionOutput
            | ModifiedRepresentation.FeedForwardInner | ModifiedRepresentation.FeedForwardOutput | ModifiedRepresentation.Norms,
        InsertionForm.Sequential, Composition.Add);

    /// <summary>LoRA on the query and value projections; alpha = 2 r, so the scale is 2 for every rank.</summary>
    public static readonly PeftMethod Lora = new("lora", "LoRA",
        FunctionalForm.LowRank, ModifiedRepresentation.Query | ModifiedRepresentation.Value, InsertionForm.Parallel, Composition.Scaled, Scale: 2);

    public static ValueList<PeftMethod> All { get; } = [Adapter, Prefix, BitFit, Lora];

    public static PeftMethod Get(string name) =>
        All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"no method is called '{name}'; there are {string.Join(", ", All.Select(method => method.Name))}");
}
