using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using PeftStudio.Training.Batching;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training.Bench;

/// <summary>What is timed: steps of <paramref name="Batch"/> rows of <paramref name="Length"/> tokens each, after <paramref name="WarmUp"/> untimed ones.</summary>
public sealed record StepBenchPlan(int Batch, int Length, int Steps, int WarmUp, int Rank, ulong Seed);

/// <param name="Milliseconds">of each timed step, on the wall's clock.</param>
/// <param name="ProcessorMilliseconds">of a step, over all threads of the process: says more than the wall's clock where others use the machine.</param>
/// <param name="PeakBytes">most memory during the steps: resident in the process, or in use on the CUDA device.</param>
public sealed record StepBenchResult(IReadOnlyList<double> Milliseconds, double ProcessorMilliseconds, long PeakBytes, double LastLoss);

/// <summary>Training steps of LoRA on queries and values of all layers, exactly as a trial does them: the training loop itself, over random rows.</summary>
public static class StepBench
{
    private const int Classes = 2;

    public static StepBenchResult Run(Backbone backbone, StepBenchPlan plan, TimeProvider clock)
    {
        var rows = Rows(backbone.Config, plan);
        var trial = Trial(backbone, plan);
        using var model = TunedModel.Create(
            backbone, trial.Design, trial.Sizes, NamedMethods.All, Head(backbone.Config), new InitialisationSeed(trial.StudySeed, trial.TrainingSeed));
        using var loop = new TrainingLoop(model, rows, trial, new ScoreUnits(0, 1));
        var stopwatch = new StepClock(plan.WarmUp, backbone.Device, clock);
        loop.RunEpoch(1, stopwatch, CancellationToken.None);
        return stopwatch.Result();
    }

    private static TokenisedRow[] Rows(BackboneConfig config, StepBenchPlan plan)
    {
        var random = Seeds.Stream((long)plan.Seed, 0, "bench rows");
        return [.. Enumerable.Range(0, plan.Batch * (plan.Steps + plan.WarmUp)).Select(row => new TokenisedRow(
            [.. Enumerable.Range(1, plan.Length).Select(at => at == plan.Length && config.Bart is { } bart ? bart.EosTokenId : 3 + random.Below(config.VocabSize - 3))],
            new int[plan.Length], row % Classes))];
    }

    // T5's labels are a word and the end token.
    private static HeadPlan Head(BackboneConfig config) =>
        config.T5 is null ? HeadPlan.Classification(Classes) : HeadPlan.Written(new LabelWords([.. Enumerable.Range(0, Classes).Select(label => new[] { 3 + label, 1 })]));

    private static TrialPlan Trial(Backbone backbone, StepBenchPlan plan)
    {
        var (stacks, lora) = (backbone.Shape.Stacks, NamedMethods.Lora);
        var design = new Design(
            LayerPattern.Uniform, stacks.Select(stack => new LayerGrouping([stack.Layers])).ToValueList(), AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet([lora.Name])]);
        var sizes = new DesignSizes(
            stacks.Select(stack => new MethodSize(stack.Name, 0, lora.Name, plan.Rank, lora.ParametersPerLayer(stack, plan.Rank))).ToValueList(),
            stacks.Sum(stack => stack.Layers * lora.ParametersPerLayer(stack, plan.Rank)));
        return new TrialPlan(
            new BackboneAsset("random", backbone.Hash, backbone.Shape), new TaskAsset("random", "", ["0", "1"], ["accuracy"], plan.Batch * plan.Steps, 0),
            design, sizes, new TrainingPlan { BatchSize = plan.Batch, MaxLength = plan.Length }, Epochs: 1, TrainingRows: null, DecisionShare: 0, DecisionRowsAtMost: 0,
            DecisionRows.PartOfTrain, EvaluationRows.Decision, StudySeed: (long)plan.Seed, TrainingSeed: 0, KeepAdapter: false);
    }

    // A step is what lies between two reports of the loop.
    private sealed class StepClock(int warmUp, Device device, TimeProvider clock) : IProgress<TrainingProgress>
    {
        private readonly List<double> milliseconds = [];
        private long last = clock.GetTimestamp();
        private TimeSpan processorStart;
        private double loss;

        public void Report(TrainingProgress value)
        {
            if (device.type == DeviceType.CUDA)
                cuda.synchronize(device);
            var now = clock.GetTimestamp();
            if (value.Step > warmUp)
                milliseconds.Add(clock.GetElapsedTime(last, now).TotalMilliseconds);
            else
            {
                processorStart = Environment.CpuUsage.TotalTime;
                PeakMemory.Reset(device);
            }
            loss = value.Loss;
            last = clock.GetTimestamp();
        }

        public StepBenchResult Result() => new(
            milliseconds, (Environment.CpuUsage.TotalTime - processorStart).TotalMilliseconds / milliseconds.Count, PeakMemory.Of(device), loss);
    }
}
