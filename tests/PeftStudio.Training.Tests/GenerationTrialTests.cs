using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>Trials whose targets are texts, on a tiny T5. Not beside other trials: live tensors are counted for the whole process.</summary>
[Collection(nameof(TrialRunnerTests))]
public sealed class GenerationTrialTests : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-generation-");
    private readonly TrialAssets assets = new(CPU);
    private readonly string backboneFolder;
    private readonly string taskFolder;

    public GenerationTrialTests() => (backboneFolder, taskFolder) = (TinyWriter.WriteBackbone(root), TinyWriter.WriteTask(root));

    public void Dispose()
    {
        assets.Dispose();
        root.Delete(recursive: true);
    }

    [Fact]
    public void Full_fine_tuning_writes_what_it_was_shown()
    {
        var result = Run(Plan() with { Epochs = 14 }).Result;

        result.Dev.ShouldNotBeNull().Metrics.Select(metric => metric.Name).ShouldBe(["rouge1", "rougeL"]);
        result.Dev.Score.ShouldBeGreaterThan(90);
        result.Curve.Max(point => point.Decision.Score).ShouldBe(result.Decision.Score);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("adapter")]
    [InlineData("adapter+lora+prefix")]
    public void An_adapter_learns_its_bits_repeat_and_from_its_files_it_writes_and_scores_the_same(string methods)
    {
        var plan = Plan(methods.Split('+'));
        var first = Run(plan);
        var second = Run(plan);
        CanonicalJson.Write(second.Result).ShouldBe(CanonicalJson.Write(first.Result));
        second.Adapter.ShouldNotBeNull().Weights.ShouldBe(first.Adapter.ShouldNotBeNull().Weights);
        first.Result.Curve[^1].Loss.ShouldBeLessThan(first.Result.Curve[0].Loss);
        first.Result.HeadParameters.ShouldBe(0);

        var folder = root.CreateSubdirectory("adapter").FullName;
        AdapterFolder.Write(folder, first.Adapter.Manifest(new AdapterVersions("1", "test")), first.Adapter.Weights);
        using var prediction = AdapterPrediction.Open(backboneFolder, folder, CPU);
        var (rows, score) = prediction.Predict(TaskFile.ReadUnscored(prediction.Task, Path.Combine(taskFolder, "dev.jsonl")), TestContext.Current.CancellationToken);

        score.ShouldBe(first.Result.Dev);
        rows.Count.ShouldBe(40);
        rows.ShouldAllBe(row => row.Text != null && row.Label == null && row.Score == null);

        using var backbone = Backbone.Load(backboneFolder, CPU, Precision.Fp32);
        foreach (var layout in Enum.GetValues<ExportLayout>())
            Should.Throw<InvalidDataException>(() => AdapterExport.Write(folder, backbone, layout, Path.Combine(root.FullName, $"{layout}"))).Message.ShouldContain("exports of such adapters are not built yet");
    }

    [Fact]
    public void Nothing_stays_behind_in_memory()
    {
        var plan = Plan("lora") with { Epochs = 1 };
        Run(plan);
        var before = NativeRuntime.LiveTensors;
        Run(plan);
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void A_backbone_without_a_decoder_is_refused()
    {
        var folder = TinyAssets.WriteBackbone(root);
        using var bert = Backbone.Load(folder, CPU, Precision.Fp32);
        var plan = Plan() with { Backbone = new BackboneAsset("tiny", bert.Hash, bert.Shape) };

        Should.Throw<InvalidDataException>(() => assets.Run(plan, folder, taskFolder, null, TestContext.Current.CancellationToken)).Message.ShouldContain("a bert writes no text");
    }

    private TrainedTrial Run(TrialPlan plan) => assets.Run(plan, backboneFolder, taskFolder, null, TestContext.Current.CancellationToken);

    private TrialPlan Plan(params string[] methods)
    {
        using var backbone = Backbone.Load(backboneFolder, CPU, Precision.Fp32);
        var task = TaskFolder.Open(taskFolder);
        Design? design = null;
        DesignSizes? sizes = null;
        if (methods.Length > 0)
        {
            design = new Design(
                LayerPattern.Uniform, [new LayerGrouping([1, 1]), new LayerGrouping([1, 1])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet([.. methods]), new MethodSet([.. methods])]);
            sizes = BudgetSizes.Compute(design, new Budget(parameters: 3000), backbone.Shape, NamedMethods.All).Sizes.ShouldNotBeNull();
        }
        return new TrialPlan(
            new BackboneAsset("tiny-t5", backbone.Hash, backbone.Shape),
            new TaskAsset(task.Definition.Name, task.Hash(), [], task.Definition.MetricNames, 150, 40),
            design, sizes, new TrainingPlan { Rate = 1e-2, FullRate = 5e-3, BatchSize = 8, MaxLength = 16 },
            Epochs: 3, TrainingRows: 96, DecisionShare: 0.2, DecisionRowsAtMost: 100, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev, StudySeed: 7, TrainingSeed: 0, KeepAdapter: true);
    }
}
