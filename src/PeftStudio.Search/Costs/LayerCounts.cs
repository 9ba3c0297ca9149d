using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Costs;

/// <summary>
/// The numbers that a layer keeps and computes for one row of a batch, counted from its structure: d = width, a = inner width, f = feed-forward width. A frozen product keeps nothing, a norm and an activation
/// their input, attention its queries, keys, values and weights; a trained product or vector keeps its input.
/// </summary>
internal static class LayerCounts
{
    private const ModifiedRepresentation ReadsHidden = ModifiedRepresentation.Query | ModifiedRepresentation.Key | ModifiedRepresentation.Value;

    /// <summary>What stays in memory from the forward to the backward pass; nothing below the lowest trained layer.</summary>
    public static double Kept(CostLayer layer)
    {
        if (!layer.HasGradients)
            return 0;
        var (d, a, f) = (layer.Stack.Width, layer.Stack.InnerWidth, layer.Stack.FeedForward);
        var products = layer.IsWhole ? Representations.Products : ModifiedRepresentation.None;
        var kept = (layer.Rows * (a + (2 * d) + f)) + (2 * a * layer.Keys) + (layer.Cross > 0 ? (layer.Rows * (2 * (a + d))) + (2 * a * layer.Cross) : 0)
            + (layer.Heads * layer.Rows * (layer.Keys + layer.Cross));
        foreach (var (method, size) in layer.Methods)
        {
            if (method is { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel })
                products |= method.Representation;
            else
                kept += Kept(layer, method, size);
        }
        return kept + Inputs(layer, products);
    }

    /// <summary>What is in memory while one layer is computed.</summary>
    public static double Working(CostLayer layer)
    {
        var (d, a, f) = (layer.Stack.Width, layer.Stack.InnerWidth, layer.Stack.FeedForward);
        var methods = layer.Methods.Select(sized => sized.Method).ToArray();
        return (layer.Rows * ((2 * a) + (5 * d) + (2 * f))) + (2 * a * (layer.Keys + layer.Cross))
            + (methods.Any(method => method.Form is FunctionalForm.KeyValue) ? 2 * a * layer.Keys : 0)
            + (methods.Any(method => Representations.AreSubLayers(method.Form, method.Insertion)) ? 2 * d * layer.Rows : 0)
            + (layer.Heads * layer.Rows * Math.Max(layer.Keys, layer.Cross));
    }

    /// <summary>A decoder's keys and values of all that a row's beams have read when the last token is chosen, and of the row.</summary>
    public static double Cache(IReadOnlyList<CostLayer> decoder, WrittenTexts written) =>
        decoder.Sum(layer => 2 * layer.Stack.InnerWidth * (((double)written.Beams * written.Most) + layer.Cross));

    /// <summary>What is in memory beside it: a copy of one layer's, which grows by it, and the weights with what is added to them; or the logits, their logarithms and a copy.</summary>
    public static double Writing(IReadOnlyList<CostLayer> decoder, WrittenTexts written)
    {
        double read = (double)written.Beams * written.Most;
        return Math.Max(
            decoder.Max(layer => (2 * layer.Stack.InnerWidth * read) + (layer.Heads * written.Beams * ((2 * read) + layer.Cross))),
            3.0 * written.Beams * written.Vocabulary);
    }

    /// <summary>Multiplications and additions of one pass over one row.</summary>
    public static double Flops(CostLayer layer)
    {
        double d = layer.Stack.Width, a = layer.Stack.InnerWidth, f = layer.Stack.FeedForward;
        var products = (layer.Rows * ((2 * d * a) + (2 * d * f))) + (layer.Keys * 2 * d * a) + (layer.Cross > 0 ? (layer.Rows + layer.Cross) * 2 * d * a : 0);
        return 2 * (products + (2 * a * layer.Rows * (layer.Keys + layer.Cross)));
    }

    private static double Kept(CostLayer layer, PeftMethod method, int size)
    {
        var (d, a, f) = (layer.Stack.Width, layer.Stack.InnerWidth, layer.Stack.FeedForward);
        var places = Representations.In(method.Representation).ToArray();
        return method.Form switch
        {
            // What it reads, and its inner numbers.
            FunctionalForm.LowRankBottleneck => places.Length * layer.Rows * ((2 * LowRankBottlenecks.Bottleneck(d)) + d),
            FunctionalForm.Bottleneck or FunctionalForm.LowRank => places.Length * layer.Rows * (size + d),
            // A prefix is put in front of copies of keys and values.
            FunctionalForm.KeyValue => (2 * a * (size + (method.Composition is Composition.Gated ? layer.Keys : 0))) + (layer.Heads * layer.Rows * size),
            FunctionalForm.Rescaling => places.Sum(place => place switch
            {
                ModifiedRepresentation.Query or ModifiedRepresentation.AttentionHeads => layer.Rows * a,
                ModifiedRepresentation.Key or ModifiedRepresentation.Value => layer.Keys * a,
                ModifiedRepresentation.FeedForwardInner or ModifiedRepresentation.FeedForwardActivation => layer.Rows * f,
                _ => layer.Rows * d,
            }),
            _ => 0,
        };
    }

    // Queries, keys and values read one tensor.
    private static double Inputs(CostLayer layer, ModifiedRepresentation products) =>
        ((products & ReadsHidden) != ModifiedRepresentation.None ? (layer.Keys + layer.Cross) * layer.Stack.Width : 0)
        + (products.HasFlag(ModifiedRepresentation.AttentionOutput) ? layer.Rows * layer.Stack.InnerWidth : 0)
        + (products.HasFlag(ModifiedRepresentation.FeedForwardInner) ? layer.Rows * layer.Stack.Width : 0)
        + (products.HasFlag(ModifiedRepresentation.FeedForwardOutput) ? layer.Rows * layer.Stack.FeedForward : 0);
}
