namespace PeftStudio.Search.Costs;

/// <summary>A trial's memory in parts whose cost a device tells; bytes as if every number were fp32.</summary>
/// <param name="KeptBytes">activations that the backward pass needs.</param>
/// <param name="WorkingBytes">what is in memory while one layer is computed, beside what is kept; more where an evaluation takes more than both.</param>
/// <param name="TrainedBytes">trained parameters, their gradients, the optimizer's buffers and the best epoch's copy.</param>
/// <param name="MakingBytes">the same, but the copy, of parameters that make prefixes while they train.</param>
/// <param name="TextBytes">the task's files.</param>
/// <param name="CacheBytes">keys and values that an evaluation keeps while it writes texts, as far as they do not take the place of what training needs.</param>
public sealed record MemoryFeatures(double KeptBytes, double WorkingBytes, double TrainedBytes, double MakingBytes, double TextBytes, double CacheBytes);

/// <summary>A trial's work in parts whose cost a device tells.</summary>
/// <param name="Batches">read, in training and in evaluation.</param>
/// <param name="ForwardFlops">of all forward passes.</param>
/// <param name="BackwardFlops">of all backward passes.</param>
/// <param name="Updates">trained parameters, those that make prefixes among them, times the optimizer's steps.</param>
public sealed record TimeFeatures(double Batches, double ForwardFlops, double BackwardFlops, double Updates);

/// <summary>What a trial comes to on paper.</summary>
public sealed record TrialFeatures(MemoryFeatures Memory, TimeFeatures Training, TimeFeatures Evaluation)
{
    /// <summary>Rows that an evaluation reads at a time; where texts are written, texts side by side, or those of one row.</summary>
    public const int EvaluationBatch = 64;

    private const int Fp32 = 4;

    /// <summary>Values, gradient, mean, square, rate and decay of each parameter.</summary>
    private const int Buffers = 6;

    public static TrialFeatures Of(CostFacts facts)
    {
        var trained = Trained(facts);
        return new TrialFeatures(MemoryOf(facts, trained), TrainingOf(facts, trained), EvaluationOf(facts));
    }

    /// <summary>Trained parameters. <paramref name="Lasting"/>: the best epoch's are kept. <paramref name="Making"/>: they make prefixes, and go when the training ends.</summary>
    private readonly record struct Parameters(double Lasting, double Making);

    // The head: a dense product and the outputs, which are few.
    private static Parameters Trained(CostFacts facts)
    {
        double width = facts.Shape.Stacks[^1].Width;
        var making = CostLayer.Of(facts, tokens => tokens.Longest).Sum(layer => layer.Methods.Sum(sized => sized.Method.TrainingOnlyParametersPerLayer(layer.Stack, sized.Size)));
        return new((facts.Sizes?.Parameters ?? facts.Shape.Parameters) + (width * width) + (3 * width), making);
    }

    private static MemoryFeatures MemoryOf(CostFacts facts, Parameters trained)
    {
        var layers = CostLayer.Of(facts, tokens => tokens.Longest);
        var batch = Math.Min(facts.BatchSize, facts.TrainRows);
        // Logits and their logarithms stay for the backward pass, which makes a gradient of each.
        var logits = facts.Written is { } written ? (double)batch * written.Tokens.Longest * written.Vocabulary : 0;
        var kept = (batch * layers.Sum(LayerCounts.Kept)) + (2 * logits);
        var training = Math.Max(batch * layers.Max(LayerCounts.Working), 2 * logits);
        // An evaluation begins when what was kept is free again, and takes its place.
        var (working, cache) = EvaluationNumbers(facts, layers);
        var more = Math.Max(0, working + cache - kept - training);
        var held = Math.Min(cache, more);
        return new MemoryFeatures(Fp32 * kept, Fp32 * (training + more - held), Fp32 * (Buffers + 1) * trained.Lasting, Fp32 * Buffers * trained.Making, facts.TaskBytes, Fp32 * held);
    }

    private static (double Working, double Cache) EvaluationNumbers(CostFacts facts, IReadOnlyList<CostLayer> layers)
    {
        if (facts.Written is not { } written)
            return (Math.Min(EvaluationBatch, facts.EvaluatedRows) * layers.Max(LayerCounts.Working), 0);
        var rows = Math.Min(Math.Max(1, EvaluationBatch / written.Beams), facts.EvaluatedRows);
        var (encoder, decoder) = (layers.Where(layer => layer.Cross == 0), layers.Where(layer => layer.Cross > 0).ToArray());
        var (reading, writing, cache) = (encoder.Max(LayerCounts.Working), LayerCounts.Writing(decoder, written), LayerCounts.Cache(decoder, written));
        return reading > writing + cache ? (rows * reading, 0) : (rows * writing, rows * cache);
    }

    private static TimeFeatures TrainingOf(CostFacts facts, Parameters trained)
    {
        var layers = CostLayer.Of(facts, tokens => tokens.Mean);
        var rows = (double)facts.Epochs * facts.TrainRows;
        return new TimeFeatures(
            facts.Steps,
            rows * (layers.Sum(LayerCounts.Flops) + HeadFlops(facts)),
            // A trained product has a second gradient, its weight's.
            rows * (layers.Where(layer => layer.HasGradients).Sum(LayerCounts.Flops) + HeadFlops(facts)) * (facts.Design is null ? 2 : 1),
            (trained.Lasting + trained.Making) * facts.Steps);
    }

    private static TimeFeatures EvaluationOf(CostFacts facts)
    {
        var layers = CostLayer.Of(facts, tokens => tokens.Mean);
        if (facts.Written is not { } written)
            return new(Math.Ceiling((double)facts.EvaluatedRows / EvaluationBatch), facts.EvaluatedRows * layers.Sum(LayerCounts.Flops), 0, 0);
        // The decoder runs for every beam, a token at a time, until a batch's longest text ends.
        var flops = layers.Sum(layer => LayerCounts.Flops(layer) * (layer.Stack.CrossAttention ? written.Beams : 1)) + (written.Beams * HeadFlops(facts));
        return new(Math.Ceiling((double)facts.EvaluatedRows * written.Beams / EvaluationBatch) * (1 + written.Tokens.Longest), facts.EvaluatedRows * flops, 0, 0);
    }

    // Of one row: a product with every token of the vocabulary.
    private static double HeadFlops(CostFacts facts) => facts.Written is { } written ? 2.0 * written.Tokens.Mean * written.Vocabulary * facts.Shape.Stacks[^1].Width : 0;
}
