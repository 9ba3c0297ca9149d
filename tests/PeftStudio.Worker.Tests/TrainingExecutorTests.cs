using PeftStudio.Formats.Tasks;
using PeftStudio.Jobs;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Worker.Probes;

namespace PeftStudio.Worker.Tests;

public sealed class TrainingExecutorTests
{
    private static readonly string Samples = Path.Combine(Folders.Repository, "samples");

    // The hash is of the tensors, so that the folder is the plan's backbone whatever its config.json says.
    [Fact]
    public void A_backbone_that_cannot_be_read_as_its_config_says_is_not_tried_again()
    {
        using var files = new TempFolder();
        foreach (var file in Directory.GetFiles(Path.Join(Samples, "backbones", "sample")))
            File.Copy(file, files[Path.GetFileName(file)]);
        var config = File.ReadAllText(files["config.json"]);
        File.WriteAllText(files["config.json"], System.Text.RegularExpressions.Regex.Replace(config, "(\"intermediate_size\": *)[0-9]+", "${1}48"));
        File.ReadAllText(files["config.json"]).ShouldNotBe(config);
        var task = Path.Join(Samples, "tasks", "sentiment");
        using var executor = new TrainingExecutor(new AssetFolders([files.Path], [task]), "cpu", 1);

        var failed = executor.Run(Plan(ProbedBackbone.Open(files.Path).Asset, task), new Progress<TrialProgress>(), CancellationToken.None).ShouldBeOfType<TrialOutcome.Failed>();
        failed.Again.ShouldBeFalse();
        failed.Reason.ShouldContain("config.json");
        failed.Reason.ShouldContain("48");
    }

    private static TrialPlan Plan(BackboneAsset backbone, string task)
    {
        var opened = TaskFolder.Open(task);
        var design = new Design(LayerPattern.Uniform, [new LayerGrouping([backbone.Shape.Stacks[0].Layers])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet(["bitfit"])]);
        return new TrialPlan(
            backbone, new TaskAsset("sentiment", opened.Hash(), opened.Definition.LabelNames, opened.Definition.MetricNames, 64, 64), design,
            BudgetSizes.Compute(design, new Budget(percent: 5), backbone.Shape, NamedMethods.All).Sizes, new TrainingPlan(), Epochs: 1, TrainingRows: 64, DecisionShare: 0.1,
            DecisionRowsAtMost: 8, DecisionRows.PartOfTrain, EvaluationRows.Decision, StudySeed: 1, TrainingSeed: 0, KeepAdapter: false);
    }
}
