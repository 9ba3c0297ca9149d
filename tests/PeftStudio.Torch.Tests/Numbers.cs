using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

/// <summary>The numbers of a tensor of any type and layout, for assertions.</summary>
internal static class Numbers
{
    public static double[] Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    public static void ShouldHold(this Tensor tensor, params double[] expected)
    {
        var actual = Of(tensor);
        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < actual.Length; i++)
            actual[i].ShouldBe(expected[i], 1e-6 + (1e-6 * Math.Abs(expected[i])), $"element {i}");
    }

    public static void ShouldBeClose(this Tensor tensor, Tensor expected, double tolerance)
    {
        using var scope = NewDisposeScope();
        tensor.shape.ShouldBe(expected.shape);
        var difference = (tensor.detach() - expected.detach()).abs().max().ToDouble();
        difference.ShouldBeLessThanOrEqualTo(tolerance);
    }
}
