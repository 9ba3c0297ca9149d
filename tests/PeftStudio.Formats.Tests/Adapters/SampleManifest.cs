using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Tests.Adapters;

/// <summary>A manifest with everything in it.</summary>
internal static class SampleManifest
{
    public static readonly TaskDefinition Task = new(
        "entailment", "train.tsv", "dev.tsv", Column.Named("premise"), Column.Named("hypothesis"), Column.At(2),
        new TaskLabels(["yes", "no <b>"], ["1", "0"]), range: null, [TaskMetric.Accuracy, TaskMetric.F1], TaskFileFormat.Tsv, hasHeader: true);

    public static readonly TrialPlan Plan = new(
        new BackboneAsset("tiny", Digits('a'), new BackboneShape("bert", [new StackShape("encoder", 4, 32, 32, 64)], 39424)),
        new TaskAsset("entailment", Digits('b'), ["yes", "no <b>"], ["accuracy", "f1"], 100, 20),
        new Design(LayerPattern.Uniform, [new LayerGrouping([2, 2])], AllocationPattern.Increasing, new TunableGroups([2]), [MethodSet.Empty, new MethodSet(["lora", "bitfit"])]),
        new DesignSizes([new MethodSize("encoder", 1, "lora", 3, 384), new MethodSize("encoder", 1, "bitfit", 0, 304)], 1376),
        new TrainingPlan { Rate = 2e-3, Precision = Precision.Bf16 },
        Epochs: 3, TrainingRows: 90, DecisionShare: 0.1, DecisionRowsAtMost: 1000, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev,
        StudySeed: 7, TrainingSeed: 2, KeepAdapter: true);

    public static readonly TrialResult Result = new(
        2, new RowsScore(71.5, [new MetricValue("accuracy", 70), new MetricValue("f1", 73)], false), new RowsScore(1.0 / 3, [], true),
        [new EpochPoint(1, 0.7, new RowsScore(50, [], true))], 1376, 66, 90);

    public static readonly AdapterManifest Manifest = Of(Task);

    public static AdapterManifest Of(TaskDefinition task) => AdapterManifest.Of(
        Plan, Result, task, NamedMethods.All, Digits('c'), "length-pools-16", new AdapterVersions("1.0.0", "cpu"),
        new AdapterRun("12", "34", 1, "worker-1", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)));

    private static string Digits(char digit) => new(digit, 64);
}
