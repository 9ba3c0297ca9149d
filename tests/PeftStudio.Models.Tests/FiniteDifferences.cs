using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>
/// Gradients held against central differences of the loss, one tensor after the other, along a random direction that moves every number of it: what one number's gradient is wrong by
/// shows unless it is less than the allowed part of the whole tensor's. The step is so short that few ReLUs have a kink within it.
/// </summary>
internal static class FiniteDifferences
{
    // What rounding of a loss in fp64 may leave of a difference.
    private const double Rounding = 1e-14;

    /// <param name="parameters">whose gradients are there</param>
    /// <param name="loss">at the parameters' values, in fp64</param>
    /// <param name="step">standard deviation of what a number is moved by, each way</param>
    /// <param name="allowed">of the norm of what the numbers' gradients make of their moves</param>
    /// <param name="rounding">of the loss, where it is not computed in fp64 alone</param>
    public static void ShouldBeTheGradients(IReadOnlyList<TrainedParameter> parameters, Func<double> loss, double step = 1.0 / (1 << 20), double allowed = 1e-5, double rounding = Rounding)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(3);
        parameters.ShouldNotBeEmpty();
        foreach (var parameter in parameters)
        {
            using var scope = NewDisposeScope();
            var value = parameter.Value.clone();
            var by = empty(value.shape, ScalarType.Float32).normal_(0, step, generator);
            var (above, up) = At(value.add(by));
            var (below, down) = At(value.sub(by));
            parameter.Value.copy_(value);
            // By what fp32 has made of the values, not by what was asked for.
            var parts = parameter.Value.grad!.to(ScalarType.Float64).mul(above.sub(below));
            (up - down).ShouldBe(parts.sum().ToDouble(), rounding + (allowed * parts.norm().ToDouble()), parameter.Name);

            (Tensor Value, double Loss) At(Tensor moved)
            {
                parameter.Value.copy_(moved);
                return (moved.to(ScalarType.Float64), loss());
            }
        }
    }
}
