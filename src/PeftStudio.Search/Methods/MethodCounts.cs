using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>
/// Parameter counts of methods by formula; d = width, a = inner width, f = feed-forward width. A layer with cross attention has what
/// concerns attention twice, and one norm more. Of a gated feed-forward's two inner products the one without activation is changed, but both get a bias.
/// </summary>
internal static class MethodCounts
{
    public static long Unit(PeftMethod method, StackShape stack) => method.Form switch
    {
        FunctionalForm.Bottleneck => SubLayers(method.Representation, stack) * (1 + (2L * stack.Width)),
        FunctionalForm.LowRankBottleneck => SubLayers(method.Representation, stack) * LowRankBottlenecks.Unit(stack),
        FunctionalForm.LowRank when method.Insertion is InsertionForm.BeforeResidual => SubLayers(method.Representation, stack) * 2L * stack.Width,
        FunctionalForm.LowRank => Linears(method.Representation, stack).Sum(linear => (long)linear.In + linear.Out),
        FunctionalForm.KeyValue => 2L * stack.InnerWidth * Attentions(stack),
        _ => 0,
    };

    public static long Fixed(PeftMethod method, StackShape stack) => method.Form switch
    {
        FunctionalForm.Bottleneck => SubLayers(method.Representation, stack) * (long)stack.Width,
        FunctionalForm.LowRankBottleneck => SubLayers(method.Representation, stack) * LowRankBottlenecks.Fixed(stack),
        FunctionalForm.Bias => Linears(method.Representation, stack).Sum(linear => (long)linear.Out) + Norms(method.Representation, stack)
            + (stack.IsGated && method.Representation.HasFlag(ModifiedRepresentation.FeedForwardInner) ? stack.FeedForward : 0),
        FunctionalForm.Rescaling => Linears(method.Representation, stack).Sum(linear => (long)linear.Out)
            + (method.Representation.HasFlag(ModifiedRepresentation.AttentionHeads) ? (long)Attentions(stack) * stack.InnerWidth : 0)
            + (method.Representation.HasFlag(ModifiedRepresentation.FeedForwardActivation) ? stack.FeedForward : 0),
        FunctionalForm.Affine => (stack.Biases ? 2 : 1) * Norms(method.Representation, stack),
        _ => 0,
    };

    /// <summary>An embedding (size, a), a linear a -> m with bias, and one m -> 2a with bias, for each attention; m = the MLP's width.</summary>
    public static long TrainingOnly(PeftMethod method, StackShape stack, int size) => method.Reparametrisation is not { } width ? 0
        : Attentions(stack) * (((long)size * stack.InnerWidth) + ((stack.InnerWidth + 1L) * width) + ((width + 1L) * 2 * stack.InnerWidth));

    private static long Norms(ModifiedRepresentation at, StackShape stack) =>
        at.HasFlag(ModifiedRepresentation.Norms) ? (1L + Attentions(stack)) * stack.Width : 0;

    private static int SubLayers(ModifiedRepresentation at, StackShape stack) =>
        (at.HasFlag(ModifiedRepresentation.AttentionOutput) ? Attentions(stack) : 0) + (at.HasFlag(ModifiedRepresentation.FeedForwardOutput) ? 1 : 0);

    private static int Attentions(StackShape stack) => stack.CrossAttention ? 2 : 1;

    private static IEnumerable<(int In, int Out)> Linears(ModifiedRepresentation at, StackShape stack)
    {
        for (var attention = 0; attention < Attentions(stack); attention++)
        {
            if (at.HasFlag(ModifiedRepresentation.Query)) yield return (stack.Width, stack.InnerWidth);
            if (at.HasFlag(ModifiedRepresentation.Key)) yield return (stack.Width, stack.InnerWidth);
            if (at.HasFlag(ModifiedRepresentation.Value)) yield return (stack.Width, stack.InnerWidth);
            if (at.HasFlag(ModifiedRepresentation.AttentionOutput)) yield return (stack.InnerWidth, stack.Width);
        }
        if (at.HasFlag(ModifiedRepresentation.FeedForwardInner)) yield return (stack.Width, stack.FeedForward);
        if (at.HasFlag(ModifiedRepresentation.FeedForwardOutput)) yield return (stack.FeedForward, stack.Width);
    }
}
