namespace PeftStudio.Search.Methods;

/// <summary>Representations that belong together.</summary>
public static class Representations
{
    /// <summary>What a layer's linear products give.</summary>
    public const ModifiedRepresentation Products = ModifiedRepresentation.Query | ModifiedRepresentation.Key | ModifiedRepresentation.Value
        | ModifiedRepresentation.AttentionOutput | ModifiedRepresentation.FeedForwardInner | ModifiedRepresentation.FeedForwardOutput;

    /// <summary>What its sub-layers give; each is the output of the sub-layer's last product.</summary>
    public const ModifiedRepresentation SubLayers = ModifiedRepresentation.AttentionOutput | ModifiedRepresentation.FeedForwardOutput;

    /// <summary>What a product that ends a sub-layer reads, where that is a representation of its own; None for other products.</summary>
    public static ModifiedRepresentation ReadBy(ModifiedRepresentation product) => product switch
    {
        ModifiedRepresentation.AttentionOutput => ModifiedRepresentation.AttentionHeads,
        ModifiedRepresentation.FeedForwardOutput => ModifiedRepresentation.FeedForwardActivation,
        _ => ModifiedRepresentation.None,
    };

    /// <summary>The other way round; None where a representation is read by no product alone.</summary>
    public static ModifiedRepresentation ReaderOf(ModifiedRepresentation one) => In(SubLayers).FirstOrDefault(product => ReadBy(product) == one);

    /// <summary>Whether a change of this form and insertion is one of whole sub-layers, not of a product or a vector inside.</summary>
    public static bool AreSubLayers(FunctionalForm form, InsertionForm insertion) =>
        form is FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck || (form is FunctionalForm.LowRank && insertion is InsertionForm.BeforeResidual);

    /// <summary>The single ones in <paramref name="at"/>, in the order of their bits.</summary>
    public static IEnumerable<ModifiedRepresentation> In(ModifiedRepresentation at) =>
        Enum.GetValues<ModifiedRepresentation>().Where(one => one != ModifiedRepresentation.None && at.HasFlag(one));
}
