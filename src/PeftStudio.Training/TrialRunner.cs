using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using PeftStudio.Training.Batching;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>What a trial leaves. <paramref name="Adapter"/>: null where the plan keeps none.</summary>
public sealed record TrainedTrial(TrialResult Result, TrainedAdapter? Adapter);

/// <summary>The bytes of adapter.safetensors, and what adapter.json says of them but for who computed it.</summary>
public sealed record TrainedAdapter(byte[] Weights, Func<AdapterVersions, AdapterManifest> Manifest);

/// <summary>One trial from its plan to its result. All state is the trial's own: nothing of the process but the frozen backbone and the rows.</summary>
public static class TrialRunner
{
    /// <exception cref="TrialFailedException">The loss or a prediction is not finite, or memory ran out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two rows that are tokenised, two steps or two batches.</exception>
    public static TrainedTrial Run(
        TrialPlan plan, Backbone backbone, TokenisedTask task, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        Check(plan, backbone, task);
        try
        {
            using var scope = NewDisposeScope();
            return RunChecked(plan, backbone, task, progress, cancellationToken);
        }
        catch (TorchOutOfMemoryException error)
        {
            throw TrialFailedException.OutOfMemory(plan.Training, error);
        }
    }

    private static TrainedTrial RunChecked(
        TrialPlan plan, Backbone backbone, TokenisedTask task, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var (train, decision) = Rows(plan, task, cancellationToken);
        var definition = task.Definition;
        using var model = TunedModel.Create(
            backbone, plan.Design, plan.Sizes, plan.Methods, TaskHead.Of(definition, backbone.Config, task.Tokenizer), new InitialisationSeed(plan.StudySeed, plan.TrainingSeed));
        using var loop = new TrainingLoop(model, train, plan, ScoreUnits.Of(definition));
        var curve = new List<EpochPoint>(plan.Epochs);
        // The best epoch's parameters.
        using var best = zeros_like(model.Parameters.Values);
        var bestEpoch = 0;
        for (var epoch = 1; epoch <= plan.Epochs; epoch++)
        {
            var loss = loop.RunEpoch(epoch, progress, cancellationToken);
            curve.Add(new EpochPoint(epoch, loss, Evaluation.Score(model, definition, task.Tokenizer, decision, cancellationToken)));
            progress?.Report(loop.Progress(curve[^1]));
            if (bestEpoch != 0 && curve[^1].Decision.Score <= curve[bestEpoch - 1].Decision.Score)
                continue;
            bestEpoch = epoch;
            using (no_grad())
                best.copy_(model.Parameters.Values);
        }
        if (bestEpoch != plan.Epochs)
            model.Parameters.Restore(best);
        var dev = plan.Evaluate == EvaluationRows.DecisionThenDev
            ? Evaluation.Score(model, definition, task.Tokenizer, task.Dev(task.DevRows, cancellationToken), cancellationToken)
            : null;
        var result = new TrialResult(
            bestEpoch, curve[bestEpoch - 1].Decision, dev, curve.ToValueList(), model.Parameters.BackboneCount, model.Parameters.HeadCount, train.Length)
        {
            TrainingOnlyParameters = loop.TrainingOnlyParameters,
        };
        return new TrainedTrial(result, plan.KeepAdapter && plan.Design is not null ? Adapter(plan, result, task, model) : null);
    }

    private static TrainedAdapter Adapter(TrialPlan plan, TrialResult result, TokenisedTask task, TunedModel model) => new(
        SafetensorsWriter.ToBytes(AdapterTensors.Of(model)),
        versions => AdapterManifest.Of(plan, result, task.Definition, plan.Methods, task.TokenizerHash, BatchOrder.Rule, versions, run: null));

    private static (TokenisedRow[] Train, TokenisedRow[] Decision) Rows(TrialPlan plan, TokenisedTask task, CancellationToken cancellationToken)
    {
        var onDev = plan.DecideOn == DecisionRows.Dev;
        var seed = (long)Seeds.For(plan.StudySeed, 0, "decision rows");
        var split = DecisionSplit.Of(
            task.Definition, task.TrainRows, seed, onDev ? 0 : plan.DecisionShare, plan.DecisionRowsAtMost, plan.TrainingRows);
        var train = task.Train(split.Train, cancellationToken);
        return (train, onDev ? task.Dev(task.DevRows, cancellationToken) : task.Train(split.Decision, cancellationToken));
    }

    private static void Check(TrialPlan plan, Backbone backbone, TokenisedTask task)
    {
        if (plan.Backbone.Hash != backbone.Hash)
            throw new ArgumentException($"the plan wants backbone '{plan.Backbone.Name}' with hash {plan.Backbone.Hash}; {backbone.Folder} has {backbone.Hash}", nameof(plan));
        if (plan.Task.Hash != task.Hash)
            throw new ArgumentException($"the plan wants task '{plan.Task.Name}' with hash {plan.Task.Hash}; the folder's has {task.Hash}", nameof(plan));
        if (plan.Training.MaxLength != task.MaxLength)
            throw new ArgumentException($"the plan reads {plan.Training.MaxLength} tokens a row; the task was cut to {task.MaxLength}", nameof(plan));
        if (plan.Epochs < 1)
            throw new ArgumentException($"{plan.Epochs} epochs; at least 1", nameof(plan));
    }
}
