using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>
/// A bottleneck whose weights are products: U(f(D(x) + b)) + c with D = D2 D1, U = U2 U1 of one rank r, which is the method's size; D1 (r, d), D2 (m, r), U1 (r, m), U2 (d, r). The sparse structure search's
/// low-rank adapter (arXiv 2206.07382, S3Delta's LowRankAdapter) has m = d / 32, f = GELU by tanh and r = 1.
/// </summary>
public static class LowRankBottlenecks
{
    private const int Reduction = 32;

    /// <summary>m, whatever the rank; at least 1. A rank above it can express no more.</summary>
    /// <param name="width">d: the model's width</param>
    public static int Bottleneck(int width) => Math.Max(1, width / Reduction);

    /// <summary>Of one sub-layer, for one unit of rank: a column of each factor.</summary>
    internal static long Unit(StackShape stack) => 2L * (stack.Width + Bottleneck(stack.Width));

    /// <summary>Of one sub-layer, whatever the rank: the biases b and c.</summary>
    internal static long Fixed(StackShape stack) => stack.Width + Bottleneck(stack.Width);
}
