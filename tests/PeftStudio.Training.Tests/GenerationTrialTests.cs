using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>Trials whose targets are texts, on a tiny T5 and a tiny BART.</summary>
public sealed class GenerationTrialTests : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-generation-");
    private readonly TrialAssets assets = new(CPU);
    private readonly string taskFolder;

    public GenerationTrialTests() => taskFolder = TinyAssets.WriteTexts(root);

    public void Dispose()
    {
        assets.Dispose();
        root.Delete(recursive: true);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Full_fine_tuning_writes_what_it_was_shown(string family)
    {
        var (folder, plan) = Plan(family);
        var result = Run(folder, plan with { Epochs = 14 }).Result;

        result.Dev.ShouldNotBeNull().Metrics.Select(metric => metric.Name).ShouldBe(["rouge1", "rougeL"]);
        result.Dev.Score.ShouldBeGreaterThan(90);
        result.Curve.Max(point => point.Decision.Score).ShouldBe(result.Decision.Score);
    }

    [Theory]
    [InlineData("t5", "lora", null)]
    [InlineData("t5", "adapter+bitfit+prefix", "T5 has no biases")]
    [InlineData("bart", "adapter", "a bottleneck is not linear")]
    [InlineData("bart", "lora+prefix", "a prefix gives the attention more keys")]
    public void An_adapter_learns_its_bits_repeat_and_from_its_files_it_writes_and_scores_the_same(string family, string methods, string? againstMerging)
    {
        var (backboneFolder, plan) = Plan(family, methods.Split('+'));
        var first = Run(backboneFolder, plan);
        var second = Run(backboneFolder, plan);
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
        var merged = Path.Combine(root.FullName, "merged");
        if (againstMerging is not null)
            Should.Throw<ExportRefusedException>(() => AdapterExport.Write(folder, backbone, ExportLayout.Merged, merged)).Message.ShouldContain(againstMerging);
        else
            AdapterExport.Write(folder, backbone, ExportLayout.Merged, merged).Notes.ShouldContain(note => note.StartsWith("The model writes texts", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_stays_behind_in_memory()
    {
        var (backboneFolder, plan) = Plan("t5", "lora");
        plan = plan with { Epochs = 1 };
        Run(backboneFolder, plan);
        var before = NativeRuntime.LiveTensors;
        Run(backboneFolder, plan);
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void A_backbone_without_a_decoder_is_refused()
    {
        var folder = TinyAssets.WriteBackbone(root);
        using var bert = Backbone.Load(folder, CPU, Precision.Fp32);
        var plan = Plan("t5").Plan with { Backbone = new BackboneAsset("tiny", bert.Hash, bert.Shape) };

        Should.Throw<InvalidDataException>(() => Run(folder, plan)).Message.ShouldContain("a bert writes no text");
    }

    private TrainedTrial Run(string backboneFolder, TrialPlan plan) => assets.Run(plan, backboneFolder, taskFolder, null, TestContext.Current.CancellationToken);

    private (string Folder, TrialPlan Plan) Plan(string family, params string[] methods)
    {
        var backboneFolder = TinySequences.Write(root, family);
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
        return (backboneFolder, new TrialPlan(
            new BackboneAsset("tiny", backbone.Hash, backbone.Shape),
            new TaskAsset(task.Definition.Name, task.Hash(), [], task.Definition.MetricNames, 150, 40),
            design, sizes, new TrainingPlan { Rate = 1e-2, FullRate = 5e-3, BatchSize = 8, MaxLength = 16 },
            Epochs: 3, TrainingRows: 96, DecisionShare: 0.2, DecisionRowsAtMost: 100, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev, StudySeed: 7, TrainingSeed: 0, KeepAdapter: true));
    }
}
