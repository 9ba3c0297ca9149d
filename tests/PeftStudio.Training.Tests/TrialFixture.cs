using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Training.Batching;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>A tiny random BERT and a tiny task on disk, made anew for each test class.</summary>
public sealed class TrialFixture : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-training-");

    public TrialFixture()
    {
        BackboneFolder = TinyAssets.WriteBackbone(root);
        TaskFolder = TinyAssets.WriteTask(root, "opinions", regression: false);
        ScoresFolder = TinyAssets.WriteTask(root, "scores", regression: true);
        Backbone = Backbone.Load(BackboneFolder, CPU, Precision.Fp32);
        Opinions = new TokenisedTask(Formats.Tasks.TaskFolder.Open(TaskFolder), Backbone.Config, Tokenizer.FromFolder(BackboneFolder), 16, skipBadRows: false);
        Scores = new TokenisedTask(Formats.Tasks.TaskFolder.Open(ScoresFolder), Backbone.Config, Tokenizer.FromFolder(BackboneFolder), 16, skipBadRows: false);
    }

    public string BackboneFolder { get; }

    public string TaskFolder { get; }

    public string ScoresFolder { get; }

    public Backbone Backbone { get; }

    public TokenisedTask Opinions { get; }

    public TokenisedTask Scores { get; }

    public TrialPlan Plan(TokenisedTask task, params string[] methods) => Plan(task, [], methods);

    /// <param name="own">of the plan; named in <paramref name="methods"/>.</param>
    public TrialPlan Plan(TokenisedTask task, ValueList<PeftMethod> own, params string[] methods)
    {
        Design? design = null;
        DesignSizes? sizes = null;
        if (methods.Length > 0)
        {
            design = new Design(
                LayerPattern.Uniform, [new LayerGrouping([1, 1])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet([.. methods]), new MethodSet([.. methods])]);
            sizes = BudgetSizes.Compute(design, new Budget(parameters: 900), Backbone.Shape, NamedMethods.With(own)).Sizes.ShouldNotBeNull();
        }
        return new TrialPlan(
            new BackboneAsset("tiny", Backbone.Hash, Backbone.Shape),
            new TaskAsset(task.Definition.Name, task.Hash, task.Definition.LabelNames, task.Definition.MetricNames, task.TrainRows.Count, task.DevRows.Count),
            design, sizes, new TrainingPlan { Rate = 5e-3, HeadRate = 5e-3, FullRate = 2e-3, BatchSize = 8, MaxLength = 16 },
            Epochs: 4, TrainingRows: 96, DecisionShare: 0.2, DecisionRowsAtMost: 100, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev, StudySeed: 7, TrainingSeed: 0, KeepAdapter: true)
        {
            OwnMethods = own,
        };
    }

    public void Dispose()
    {
        Backbone.Dispose();
        root.Delete(recursive: true);
    }
}
