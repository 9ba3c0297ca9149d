using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>Which points of the four dimensions exist, and which methods fit into one layer together. Reasons are sentences without a full stop.</summary>
public static class MethodRules
{
    private const string Representation = "representation";
    private const string Insertion = "insertion";

    /// <summary>Why the combination cannot be built, at the dimension (or the scale) that cannot be; null where it can.</summary>
    public static PlanProblem? Problem(PeftMethod method)
    {
        if (method.Representation == ModifiedRepresentation.None)
            return new(Representation, "None is changed; name a representation");
        if (method.Composition is not Composition.Scaled && method.Scale != 1)
            return new("scale", FormattableString.Invariant($"a scale of {method.Scale} with the composition {method.Composition}; Scaled takes one"));
        if (!double.IsFinite(method.Scale) || method.Scale == 0)
            return new("scale", FormattableString.Invariant($"a scale of {method.Scale}; a number other than 0 is wanted"));
        if (method.Reparametrisation is not null && method is not { Form: FunctionalForm.KeyValue, Composition: Composition.Gated })
            return new("reparametrisation", "a reparametrisation, and it is no prefix; a prefix (KeyValue, Gated) alone has one");
        if (method is { Size: not null, HasSize: false })
            return new("size", $"a size, and the form {method.Form} has none; leave it out");
        return Inserted(method) is { } insertion ? new(Insertion, insertion)
            : Composed(method) is { } composition ? new("composition", composition)
            : At(method) is { } representation ? new(Representation, representation)
            : null;
    }

    /// <summary>Why the two cannot change one layer together; null where they can.</summary>
    public static string? Conflict(PeftMethod one, PeftMethod other)
    {
        var common = one.Representation & other.Representation;
        var shared = (one.Form, other.Form) switch
        {
            (FunctionalForm.LowRank, FunctionalForm.LowRank) when one.Insertion == InsertionForm.Parallel && other.Insertion == InsertionForm.Parallel => common,
            (FunctionalForm.KeyValue, FunctionalForm.KeyValue) when IsGated(one) == IsGated(other) => common,
            (FunctionalForm.Rescaling, FunctionalForm.Rescaling) or (FunctionalForm.Bias, FunctionalForm.Bias) => common,
            (FunctionalForm.Bias or FunctionalForm.Affine, FunctionalForm.Bias or FunctionalForm.Affine) => common & ModifiedRepresentation.Norms,
            _ => ModifiedRepresentation.None,
        };
        return shared == ModifiedRepresentation.None
            ? null
            : $"'{one.Name}' and '{other.Name}' both want the one place for {Words(one, other)} at {shared}; keep one of them";
    }

    /// <summary>The first conflict among the methods; null where all fit together.</summary>
    public static string? Conflict(IEnumerable<PeftMethod> methods)
    {
        var all = methods.ToArray();
        return all.SelectMany((one, i) => all.Skip(i + 1).Select(other => Conflict(one, other))).FirstOrDefault(conflict => conflict is not null);
    }

    private static string? Inserted(PeftMethod method) => method.Form switch
    {
        FunctionalForm.KeyValue => method.Insertion is InsertionForm.Parallel ? null : $"keys and values are {method.Insertion}; queries alone can read them, so Parallel",
        FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck => null,
        FunctionalForm.LowRank => method.Insertion is not InsertionForm.Sequential
            ? null
            : "it is LowRank and Sequential; a low-rank change reads a product's input (Parallel) or a sub-layer's output (BeforeResidual)",
        _ => method.Insertion is InsertionForm.Sequential ? null : $"a vector is {method.Insertion}; it acts on the representation itself, so Sequential",
    };

    private static string? Composed(PeftMethod method) => method.Form switch
    {
        FunctionalForm.KeyValue => null,
        _ when method.Composition is Composition.Gated => "it is Gated; the gate is the softmax over keys, so KeyValue alone has one",
        FunctionalForm.Bottleneck or FunctionalForm.LowRank or FunctionalForm.LowRankBottleneck => null,
        _ => method.Composition is Composition.Add ? null : $"a vector is {method.Composition}; it learns its own scale, so Add",
    };

    private static string? At(PeftMethod method)
    {
        var (possible, why) = method.Form switch
        {
            FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck => (Representations.SubLayers, "a bottleneck goes from the model's width to the model's width"),
            FunctionalForm.LowRank when method.Insertion is InsertionForm.BeforeResidual => (Representations.SubLayers, "what is read before the residual is a sub-layer's output"),
            FunctionalForm.LowRank => (Representations.Products, "a parallel low-rank change belongs to a linear product"),
            FunctionalForm.KeyValue => (ModifiedRepresentation.AttentionHeads, "queries read keys and values in the attention heads"),
            FunctionalForm.Bias => (Representations.Products | ModifiedRepresentation.Norms, "biases belong to products and norms"),
            FunctionalForm.Rescaling => (Representations.Products | ModifiedRepresentation.AttentionHeads | ModifiedRepresentation.FeedForwardActivation,
                "a multiplied vector belongs to a product's output, the attention heads or the inner activation"),
            _ => (ModifiedRepresentation.Norms, "weights and biases of norms are theirs alone"),
        };
        var outside = method.Representation & ~possible;
        return outside == ModifiedRepresentation.None ? null : $"{method.Form} at {outside}; {why}: {possible}";
    }

    private static bool IsGated(PeftMethod method) => method.Composition is Composition.Gated;

    private static string Words(PeftMethod one, PeftMethod other) =>
        one.Form == other.Form ? one.Form.ToString() : $"{one.Form} and {other.Form}";
}
