namespace PeftStudio.Search.Costs;

/// <summary>A trial's memory in parts whose cost a device tells; bytes as if every number were fp32.</summary>
/// <param name="KeptBytes">activations that the backward pass needs, but for attention weights.</param>
/// <param name="SquareBytes">attention weights.</param>
/// <param name="WorkingBytes">what is in memory while one layer is computed, in the larger of a training and an evaluation batch.</param>
/// <param name="TrainedBytes">trained parameters, their gradients, the optimizer's buffers and the best epoch's copy.</param>
/// <param name="TextBytes">the task's files.</param>
public sealed record MemoryFeatures(double KeptBytes, double SquareBytes, double WorkingBytes, double TrainedBytes, double TextBytes);

/// <summary>A trial's work in parts whose cost a device tells.</summary>
/// <param name="Batches">read, in training and in evaluation.</param>
/// <param name="ForwardFlops">of all forward passes.</param>
/// <param name="BackwardFlops">of all backward passes.</param>
/// <param name="Updates">trained parameters, times the optimizer's steps.</param>
public sealed record TimeFeatures(double Batches, double ForwardFlops, double BackwardFlops, double Updates);

/// <summary>What a trial comes to on paper.</summary>
public sealed record TrialFeatures(MemoryFeatures Memory, TimeFeatures Training, TimeFeatures Evaluation)
{
    /// <summary>Rows that an evaluation reads at a time.</summary>
    public const int EvaluationBatch = 64;

    private const int Fp32 = 4;

    /// <summary>Values, gradient, mean, square, rate and decay of each parameter, and its value in the best epoch.</summary>
    private const int Buffers = 7;

    public static TrialFeatures Of(CostFacts facts)
    {
        var trained = Trained(facts);
        return new TrialFeatures(MemoryOf(facts, trained), TrainingOf(facts, trained), EvaluationOf(facts));
    }

    // The head: a dense product and the outputs, which are few.
    private static double Trained(CostFacts facts)
    {
        double width = facts.Shape.Stacks[^1].Width;
        return (facts.Sizes?.Parameters ?? facts.Shape.Parameters) + (width * width) + (3 * width);
    }

    private static MemoryFeatures MemoryOf(CostFacts facts, double trained)
    {
        var layers = CostLayer.Of(facts, facts.Tokens.Longest);
        var batch = Math.Min(facts.BatchSize, facts.TrainRows);
        var kept = layers.Select(LayerCounts.Kept).Aggregate(default(Numbers), (sum, layer) => sum + layer);
        var working = layers.Select(LayerCounts.Working).MaxBy(numbers => numbers.Sum);
        // What the allocator holds from training is seldom of use to an evaluation, so the two stand beside each other.
        var rows = Math.Max(batch, Math.Min(EvaluationBatch, facts.EvaluatedRows));
        return new MemoryFeatures(
            Fp32 * batch * kept.Linear, Fp32 * ((batch * kept.Squares) + (rows * working.Squares)), Fp32 * rows * working.Linear, Fp32 * Buffers * trained, facts.TaskBytes);
    }

    private static TimeFeatures TrainingOf(CostFacts facts, double trained)
    {
        var layers = CostLayer.Of(facts, facts.Tokens.Mean);
        var rows = (double)facts.Epochs * facts.TrainRows;
        return new TimeFeatures(
            facts.Steps,
            rows * layers.Sum(LayerCounts.Flops),
            // A trained product has a second gradient, its weight's.
            rows * layers.Where(layer => layer.HasGradients).Sum(LayerCounts.Flops) * (facts.Design is null ? 2 : 1),
            trained * facts.Steps);
    }

    private static TimeFeatures EvaluationOf(CostFacts facts) => new(
        Math.Ceiling((double)facts.EvaluatedRows / EvaluationBatch), facts.EvaluatedRows * CostLayer.Of(facts, facts.Tokens.Mean).Sum(LayerCounts.Flops), 0, 0);
}
