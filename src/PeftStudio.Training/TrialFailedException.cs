namespace PeftStudio.Training;

/// <summary>A trial that cannot be completed for a reason of its own; trying again would end in the same way.</summary>
public sealed class TrialFailedException : Exception
{
    public TrialFailedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    internal static TrialFailedException NonFinite(int step, int steps, double loss, double sum) =>
        new($"the loss became {loss} at step {step} of {steps} (sum of the epoch's losses before it: {sum:G6}). Lower the learning rate or its multiplier for this design's methods, or clip the gradient at a smaller norm.");

    internal static TrialFailedException OutOfMemory(Search.Studies.TrainingPlan plan, Exception inner) =>
        new($"out of memory with batches of {plan.BatchSize} rows of up to {plan.MaxLength} tokens. Lower the batch size or the length, or give the worker a larger device. ({inner.Message})", inner);

    internal static TrialFailedException OutOfMemoryForBackbone(Search.Studies.TrialPlan plan, Exception inner) =>
        new($"out of memory while the backbone '{plan.Backbone.Name}' was loaded in {(plan.Training.Precision == Search.Studies.Precision.Fp32 ? "fp32. Train in bf16, choose" : "bf16. Choose")} a smaller backbone, or give the worker a larger device. ({inner.Message})", inner);
}
