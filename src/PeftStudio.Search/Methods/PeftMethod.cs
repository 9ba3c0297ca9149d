using System.Text.Json.Serialization;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>How the change is computed (first dimension of the unified view, arXiv 2110.04366).</summary>
public enum FunctionalForm
{
    /// <summary>down, ReLU, up; with biases.</summary>
    Bottleneck,

    /// <summary>down, up; no nonlinearity, no biases.</summary>
    LowRank,

    /// <summary>down, GELU by tanh, up; with biases, and each of the two weights a product of low rank (<see cref="LowRankBottlenecks"/>).</summary>
    LowRankBottleneck,

    /// <summary>own keys and values that the queries attend to; gated by softmax (prefix), or through a ReLU in its place (multi-head adapter).</summary>
    KeyValue,

    /// <summary>a vector that is added.</summary>
    Bias,

    /// <summary>a vector l that multiplies: dh = (l - 1) h.</summary>
    Rescaling,

    /// <summary>the norms' own weights and biases.</summary>
    Affine,
}

/// <summary>Which hidden states are changed (second dimension).</summary>
[Flags]
public enum ModifiedRepresentation
{
    None = 0,
    Query = 1,
    Key = 2,
    Value = 4,
    AttentionOutput = 8,
    FeedForwardInner = 16,
    FeedForwardOutput = 32,
    AttentionHeads = 64,
    Norms = 128,

    /// <summary>What the activation gives: the input of the feed-forward's second product.</summary>
    FeedForwardActivation = 256,
}

/// <summary>Whether the change reads the representation itself or the sub-layer's input (third dimension).</summary>
public enum InsertionForm
{
    /// <summary>Reads the representation; of a whole sub-layer, the normed sum of its output and its residual (AdapterHub's Pfeiffer form).</summary>
    Sequential,

    /// <summary>Reads the input: of the sub-layer for a bottleneck, of the product for a low-rank change, the queries for keys and values.</summary>
    Parallel,

    /// <summary>Sequential, but reads a sub-layer's own output, before residual and norm (Houlsby's form).</summary>
    BeforeResidual,
}

/// <summary>How change and representation are put together (fourth dimension): h + dh, h + s dh, or (1 - l) h + l dh.</summary>
public enum Composition
{
    Add,
    Scaled,
    Gated,
}

/// <summary>A PEFT method as a value in the unified view's four dimensions.</summary>
/// <param name="Name">lower case; the key in designs, files and colours.</param>
/// <param name="Scale">s of a scaled composition (LoRA: alpha / r, constant over designs); 1 otherwise.</param>
public sealed record PeftMethod(
    string Name,
    string Title,
    FunctionalForm Form,
    ModifiedRepresentation Representation,
    InsertionForm Insertion,
    Composition Composition,
    double Scale = 1)
{
    /// <summary>Of a prefix: the width of the tanh MLP that makes its keys and values while it trains, and is folded away afterwards; null: they are trained themselves.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Reparametrisation { get; init; }

    /// <summary>The rank, bottleneck or prefix length that every layer with the method has; null: the budget gives it. With one, the method is of fixed size, as BitFit is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Size { get; init; }

    /// <summary>Whether methods of this form have a size (rank, bottleneck, prefix length), of their own or from the budget.</summary>
    [JsonIgnore]
    public bool HasSize => Form is FunctionalForm.Bottleneck or FunctionalForm.LowRank or FunctionalForm.LowRankBottleneck or FunctionalForm.KeyValue;

    /// <summary>Whether the budget gives the method its size.</summary>
    [JsonIgnore]
    public bool IsSized => HasSize && Size is null;

    /// <summary>Trainable parameters that one layer of <paramref name="stack"/> gets at <paramref name="size"/>: fixed + size x per unit. A <see cref="Size"/> of the method's own is among the fixed.</summary>
    public long ParametersPerLayer(StackShape stack, int size) => FixedParameters(stack) + (size * UnitParameters(stack));

    /// <summary>What a layer has besides while it trains, and leaves no trace of: see <see cref="Reparametrisation"/>. No budget counts it. The method's own <see cref="Size"/> goes before <paramref name="size"/>.</summary>
    public long TrainingOnlyParametersPerLayer(StackShape stack, int size) => MethodCounts.TrainingOnly(this, stack, Size ?? size);

    /// <summary>What one unit of the size that the budget gives costs in a layer; 0 where it gives none.</summary>
    public long UnitParameters(StackShape stack) => Size is null ? MethodCounts.Unit(this, stack) : 0;

    /// <summary>What the method costs in a layer whatever the budget.</summary>
    public long FixedParameters(StackShape stack) => MethodCounts.Fixed(this, stack) + ((Size ?? 0) * MethodCounts.Unit(this, stack));
}
