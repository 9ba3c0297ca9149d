using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>AdamW over a trial's flat buffer: one fused call a step, whatever the number of parameters; linear warm-up, then linear decay to zero.</summary>
internal sealed class FlatAdamW : IDisposable
{
    private readonly ParameterBuffer parameters;
    private readonly TrainingPlan plan;
    private readonly int totalSteps;
    private readonly int warmupSteps;
    private readonly Tensor mean;
    private readonly Tensor square;
    private readonly Tensor rates;
    private readonly Tensor decays;

    public FlatAdamW(ParameterBuffer parameters, TrainingPlan plan, int totalSteps)
    {
        (this.parameters, this.plan, this.totalSteps) = (parameters, plan, totalSteps);
        warmupSteps = (int)Math.Round(plan.WarmupShare * totalSteps, MidpointRounding.AwayFromZero);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        mean = zeros_like(parameters.Values).DetachFromDisposeScope();
        square = zeros_like(parameters.Values).DetachFromDisposeScope();
        rates = zeros_like(parameters.Values).DetachFromDisposeScope();
        decays = zeros_like(parameters.Values).DetachFromDisposeScope();
        foreach (var parameter in parameters.Parameters)
        {
            rates.narrow(0, parameter.Offset, parameter.Count).fill_(LearningRates.Of(parameter.Group, plan));
            decays.narrow(0, parameter.Offset, parameter.Count).fill_(parameter.Decays ? 1.0 : 0.0);
        }
    }

    public void ZeroGradient() => parameters.Gradient.zero_();

    /// <param name="step">counted from 1.</param>
    public void Step(int step)
    {
        Kernels.AdamWStep(
            parameters.Values, parameters.Gradient, mean, square, rates, decays,
            AdamWSettings.Default with { WeightDecay = plan.WeightDecay }, Factor(step), step);
    }

    public void Dispose()
    {
        mean.Dispose();
        square.Dispose();
        rates.Dispose();
        decays.Dispose();
    }

    private double Factor(int step) => step <= warmupSteps
        ? (double)step / warmupSteps
        : (double)(totalSteps - step + 1) / (totalSteps - warmupSteps + 1);
}

/// <summary>The learning rate of each group of parameters.</summary>
internal static class LearningRates
{
    public static double Of(string group, TrainingPlan plan) => group switch
    {
        ParameterGroups.Head => plan.HeadRate,
        ParameterGroups.Backbone => plan.FullRate,
        _ => plan.Rate * (plan.MethodRates.FirstOrDefault(rate => rate.Method == group)?.Multiplier ?? 1),
    };
}
