using System.Globalization;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Torch;
using PeftStudio.Training.Batching;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>Trials over encoder-decoders: BART with its classification head, T5 writing its labels.</summary>
public sealed class SequenceTrialTests : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-sequences-");

    public static TheoryData<string, string> MethodSets()
    {
        var data = new TheoryData<string, string>();
        foreach (var model in new[] { "t5", "bart" })
            foreach (var methods in new[] { "lora", "adapter", "prefix", "bitfit", "adapter+bitfit+lora+prefix", "" })
                data.Add(model, methods);
        return data;
    }

    [Theory]
    [MemberData(nameof(MethodSets))]
    public void A_trial_learns_and_its_bits_repeat(string model, string methods)
    {
        using var assets = Open(model, "opinions");
        var plan = assets.Plan(methods) with { Epochs = 2 };
        var first = assets.Run(plan);
        var second = assets.Run(plan);
        CanonicalJson.Write(second.Result).ShouldBe(CanonicalJson.Write(first.Result));
        second.Adapter?.Weights.ShouldBe(first.Adapter?.Weights);
        (first.Adapter is null).ShouldBe(methods.Length == 0);
        first.Result.Curve[^1].Loss.ShouldBeLessThan(first.Result.Curve[0].Loss);
        first.Result.TrainableParameters.ShouldBe(plan.Sizes?.Parameters ?? first.Result.TrainableParameters);
        (first.Result.HeadParameters == 0).ShouldBe(model == "t5", "T5 writes with the head that it has");
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Full_fine_tuning_solves_a_task_of_one_word(string model)
    {
        using var assets = Open(model, "opinions");
        assets.Run(assets.Plan("") with { Epochs = 15 }).Result.Dev.ShouldNotBeNull().Score.ShouldBeGreaterThan(90);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Scores_are_learnt_as_numbers_or_as_words_of_numbers(string model)
    {
        using var assets = Open(model, "scores");
        var plan = assets.Plan("") with { Epochs = 40 };
        var dev = assets.Run(plan with { Training = plan.Training with { FullRate = 1e-2 } }).Result.Dev.ShouldNotBeNull();
        dev.Metrics.Select(metric => metric.Name).ShouldBe(["pearson", "spearman"]);
        dev.Score.ShouldBeGreaterThan(60);
    }

    [Theory]
    [InlineData("t5", "opinions")]
    [InlineData("t5", "scores")]
    [InlineData("bart", "opinions")]
    [InlineData("bart", "scores")]
    public void From_its_files_alone_an_adapter_predicts_what_was_measured(string model, string task)
    {
        using var assets = Open(model, task);
        var trained = assets.Run(assets.Plan("adapter+bitfit+lora+prefix"));
        var adapter = trained.Adapter.ShouldNotBeNull();
        var folder = root.CreateSubdirectory("adapter").FullName;
        AdapterFolder.Write(folder, adapter.Manifest(new("1", "a profile")), adapter.Weights);
        using var prediction = AdapterPrediction.Open(assets.BackboneFolder, folder, CPU);
        var rows = assets.Task.DevRows;
        var (predicted, score) = prediction.Predict(
            new UnscoredRows([.. rows.Select(row => new TaskText(row.Text, row.Pair, row.RowNumber))], [.. rows.Select(row => row.Target)], null), TestContext.Current.CancellationToken);
        score.ShouldBe(trained.Result.Dev);
        predicted.Count.ShouldBe(rows.Count);
        if (task == "scores")
            predicted.ShouldAllBe(row => row.Score >= -1 && row.Score <= 6 && row.Label == null);
        else
            predicted.ShouldAllBe(row => Math.Abs(row.Probabilities!.Values.Sum() - 1) < 1e-5 && row.Probabilities[row.Label!] >= 0.5 - 1e-6);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Nothing_stays_behind_in_memory(string model)
    {
        using var assets = Open(model, "opinions");
        var plan = assets.Plan("adapter+bitfit+lora+prefix") with { Epochs = 1 };
        assets.Run(plan);
        var before = NativeRuntime.LiveTensors;
        assets.Run(plan);
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void T5_reads_one_text_that_names_the_task_and_its_parts()
    {
        using var assets = Open("t5", "opinions");
        RowText.Of(assets.Task.Definition, assets.Backbone.Config).Encode(assets.Task.Tokenizer, "a film", null, 32).Ids.ShouldBe(assets.Task.Tokenizer.Encode("opinions sentence: a film").Ids);
    }

    [Fact]
    public void Stsbs_scores_are_written_in_steps_of_a_fifth()
    {
        string[] texts =
        [
            "0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2", "1.4", "1.6", "1.8", "2.0", "2.2", "2.4",
            "2.6", "2.8", "3.0", "3.2", "3.4", "3.6", "3.8", "4.0", "4.2", "4.4", "4.6", "4.8", "5.0",
        ];
        var stsb = GlueTasks.Find("STS-B").ShouldNotBeNull();
        var scores = LabelTexts.Scores(stsb.Range.ShouldNotBeNull());
        scores.Select(score => score.Text).ShouldBe(texts);
        scores.Select(score => score.Value).ShouldBe(texts.Select(text => float.Parse(text, CultureInfo.InvariantCulture)));
        using var assets = Open("t5", "scores");
        TaskHead.Of(stsb, assets.Backbone.Config, assets.Task.Tokenizer).Words.ShouldNotBeNull().Values.ShouldBe(scores.Select(score => score.Value));
    }

    [Fact]
    public void Labels_that_the_backbone_cannot_tell_apart_are_refused_by_name()
    {
        using var assets = Open("t5", "opinions");
        var task = new TaskDefinition(
            "signs", "t.tsv", "d.tsv", Column.Named("a"), null, Column.Named("b"), new TaskLabels(["§", "¶"]), null, [Formats.Metrics.TaskMetric.Accuracy]);
        Should.Throw<InvalidDataException>(() => TaskHead.Of(task, assets.Backbone.Config, assets.Task.Tokenizer)).Message.ShouldMatch("'signs'.*labels 1 and 2.*other names");
    }

    public void Dispose() => root.Delete(recursive: true);

    private Assets Open(string model, string task) => new(TinySequences.Write(root, model), TinyAssets.WriteTask(root, task, regression: task == "scores"));

    private sealed class Assets(string backboneFolder, string taskFolder) : IDisposable
    {
        public string BackboneFolder => backboneFolder;

        public Backbone Backbone { get; } = Backbone.Load(backboneFolder, CPU, Precision.Fp32);

        public TokenisedTask Task { get; } = new(TaskFolder.Open(taskFolder), Formats.Backbones.BackboneConfig.FromFolder(backboneFolder), Tokenizer.FromFolder(backboneFolder), 24, skipBadRows: false);

        public TrainedTrial Run(TrialPlan plan) => TrialRunner.Run(plan, Backbone, Task, null, TestContext.Current.CancellationToken);

        /// <param name="methods">of both layers of both stacks, joined by a plus; none: full fine-tuning.</param>
        public TrialPlan Plan(string methods)
        {
            Design? design = null;
            DesignSizes? sizes = null;
            if (methods.Length > 0)
            {
                var set = new MethodSet([.. methods.Split('+')]);
                design = new Design(LayerPattern.Uniform, [new LayerGrouping([1, 1]), new LayerGrouping([1, 1])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [set, set]);
                sizes = BudgetSizes.Compute(design, new Budget(parameters: 4000).Cap(Backbone.Shape), Backbone.Shape, Search.Methods.NamedMethods.All).Sizes.ShouldNotBeNull();
            }
            return new TrialPlan(
                new BackboneAsset("tiny", Backbone.Hash, Backbone.Shape),
                new TaskAsset(Task.Definition.Name, Task.Hash, Task.Definition.LabelNames, Task.Definition.MetricNames, Task.TrainRows.Count, Task.DevRows.Count),
                design, sizes, new TrainingPlan { Rate = 5e-3, HeadRate = 5e-3, FullRate = 3e-3, BatchSize = 8, MaxLength = 24 },
                Epochs: 3, TrainingRows: 96, DecisionShare: 0.2, DecisionRowsAtMost: 100, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev, StudySeed: 7, TrainingSeed: 0, KeepAdapter: true);
        }

        public void Dispose() => Backbone.Dispose();
    }
}
