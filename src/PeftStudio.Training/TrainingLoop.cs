using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Training.Batching;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>Where a trial is. <paramref name="Step"/> of <paramref name="Steps"/>, over all epochs, counted from 1.</summary>
/// <param name="Finished">an epoch that has just been evaluated; null between.</param>
public sealed record TrainingProgress(int Epoch, int Step, int Steps, double Loss, EpochPoint? Finished = null);

/// <summary>Epoch after epoch of one model on one task's rows.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly TunedModel model;
    private readonly TokenisedRow[] rows;
    private readonly TrialPlan plan;
    private readonly ScoreUnits units;
    private readonly FlatAdamW optimizer;
    private readonly PrefixReparametrisation? prefixes;
    private readonly FlatAdamW? prefixOptimizer;
    private readonly ForwardContext context;
    private readonly RandomStream order;
    private readonly int stepsPerEpoch;
    private int step;

    public TrainingLoop(TunedModel model, TokenisedRow[] rows, TrialPlan plan, ScoreUnits units)
    {
        this.model = model;
        this.rows = rows;
        this.plan = plan;
        this.units = units;
        stepsPerEpoch = (rows.Length + plan.Training.BatchSize - 1) / plan.Training.BatchSize;
        optimizer = new FlatAdamW(model.Parameters, plan.Training, stepsPerEpoch * plan.Epochs);
        prefixes = PrefixReparametrisation.Of(model.Parameters, plan.Methods, new InitialisationSeed(plan.StudySeed, plan.TrainingSeed));
        prefixOptimizer = prefixes is null ? null : new FlatAdamW(prefixes.Parameters, plan.Training, stepsPerEpoch * plan.Epochs);
        context = ForwardContext.Training(Seeds.For(plan.StudySeed, plan.TrainingSeed, "dropout"), plan.Training.Dropout);
        order = Seeds.Stream(plan.StudySeed, plan.TrainingSeed, "order");
    }

    /// <returns>the mean loss over the epoch's rows.</returns>
    public double RunEpoch(int epoch, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        double sum = 0;
        foreach (var batch in BatchOrder.ForTraining(rows, plan.Training.BatchSize, order))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var loss = Step(batch);
            if (!double.IsFinite(loss))
                throw TrialFailedException.NonFinite(step, stepsPerEpoch * plan.Epochs, loss, sum);
            sum += loss * batch.Length;
            progress?.Report(new TrainingProgress(epoch, step, stepsPerEpoch * plan.Epochs, loss));
        }
        return sum / rows.Length;
    }

    public TrainingProgress Progress(EpochPoint finished) => new(finished.Epoch, step, stepsPerEpoch * plan.Epochs, finished.Loss, finished);

    /// <summary>Parameters that are trained and leave no trace but the prefixes that they make.</summary>
    public long TrainingOnlyParameters => prefixes?.Parameters.BackboneCount ?? 0;

    public void Dispose()
    {
        optimizer.Dispose();
        prefixOptimizer?.Dispose();
        prefixes?.Dispose();
    }

    private double Step(int[] batch)
    {
        using var scope = NewDisposeScope();
        step++;
        using var tokens = Padding.Batch(rows, batch, model.Backbone);
        var loss = model.Loss(tokens, Targets(batch), context);
        var value = loss.item<float>();
        if (!float.IsFinite(value))
            return value;
        optimizer.ZeroGradient();
        loss.backward();
        prefixes?.PullBack();
        if (plan.Training.ClipNorm > 0)
            GradientNorm.Clip(prefixes is null ? [model.Parameters.Gradient] : [model.Parameters.Gradient, prefixes.Parameters.Gradient], plan.Training.ClipNorm);
        optimizer.Step(step);
        prefixOptimizer?.Step(step);
        prefixes?.Fold();
        return value;
    }

    private Tensor Targets(int[] batch) => model.Head.IsLanguageModel ? Padding.Targets(rows, batch, model.Backbone.Device)
        : model.Head.IsRegression
        ? tensor([.. batch.Select(row => units.ToUnit(rows[row].Target))], device: model.Backbone.Device)
        : tensor([.. batch.Select(row => (long)(model.Head.Words is { Values: not null } words ? words.Nearest(rows[row].Target) : rows[row].Target))], device: model.Backbone.Device);
}
