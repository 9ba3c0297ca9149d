using System.Globalization;

namespace PeftStudio.Search.Methods;

/// <summary>A method in words, from its dimensions alone: "ReLU bottleneck beside the feed-forward, reading its input, added times 2".</summary>
public static class MethodText
{
    /// <summary>Without a full stop; of a combination that <see cref="MethodRules"/> allows.</summary>
    public static string Of(PeftMethod method) =>
        Dimensions(method) + (method.Size is { } size ? string.Create(CultureInfo.InvariantCulture, $"; its size is {size}, whatever the budget") : "");

    private static string Dimensions(PeftMethod method) => method.Form switch
    {
        FunctionalForm.Bottleneck => $"ReLU bottleneck {SubLayers(method)}, {Added(method)}",
        FunctionalForm.LowRankBottleneck => $"GELU bottleneck of low-rank weights {SubLayers(method)}, {Added(method)}",
        FunctionalForm.LowRank when method.Insertion is InsertionForm.BeforeResidual => $"low-rank change {SubLayers(method)}, {Added(method)}",
        FunctionalForm.LowRank => $"low-rank change of {Places(method.Representation)}, reading what each product reads, {Added(method)}",
        FunctionalForm.KeyValue when method.Composition is Composition.Gated => "own keys and values in front of each attention; the softmax over both is the gate"
            + (method.Reparametrisation is { } width ? string.Create(CultureInfo.InvariantCulture, $"; while it trains a tanh MLP of width {width} makes them") : ""),
        FunctionalForm.KeyValue => $"own keys and values beside each attention head, with ReLU in place of softmax, {Added(method)}",
        FunctionalForm.Bias => $"trained biases of {Places(method.Representation)}",
        FunctionalForm.Rescaling => $"trained vectors that multiply {Places(method.Representation)}",
        _ => $"trained weights and biases of {Places(method.Representation)}",
    };

    /// <summary>One representation as a person calls it.</summary>
    public static string Of(ModifiedRepresentation place) => place switch
    {
        ModifiedRepresentation.Query => "queries",
        ModifiedRepresentation.Key => "keys",
        ModifiedRepresentation.Value => "values",
        ModifiedRepresentation.AttentionOutput => "attention output",
        ModifiedRepresentation.FeedForwardInner => "feed-forward inner product",
        ModifiedRepresentation.FeedForwardOutput => "feed-forward output",
        ModifiedRepresentation.AttentionHeads => "attention heads",
        ModifiedRepresentation.Norms => "norms",
        ModifiedRepresentation.FeedForwardActivation => "feed-forward activation",
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, "not one representation"),
    };

    private static string SubLayers(PeftMethod method)
    {
        var places = Listed(Representations.In(method.Representation).Select(place => place is ModifiedRepresentation.AttentionOutput ? "the attention" : "the feed-forward"));
        return method.Insertion switch
        {
            InsertionForm.Parallel => $"beside {places}, reading its input",
            InsertionForm.BeforeResidual => $"after {places}, reading its output before the residual",
            _ => $"after {places}, reading the normed sum",
        };
    }

    private static string Added(PeftMethod method) =>
        method.Composition is Composition.Scaled ? string.Create(CultureInfo.InvariantCulture, $"added times {method.Scale}") : "added";

    private static string Places(ModifiedRepresentation at) => Listed(Representations.In(at).Select(Of));

    private static string Listed(IEnumerable<string> words)
    {
        var all = words.ToArray();
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
