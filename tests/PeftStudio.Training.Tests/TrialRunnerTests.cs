using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Torch;
using PeftStudio.Training.Batching;

namespace PeftStudio.Training.Tests;

public sealed class TrialRunnerTests(TrialFixture fixture) : IClassFixture<TrialFixture>
{
    public static TheoryData<string> MethodSets => ["lora", "adapter", "prefix", "bitfit", "adapter+lora", "adapter+bitfit+lora+prefix", ""];

    [Theory]
    [MemberData(nameof(MethodSets))]
    public void A_trial_learns_and_its_bits_repeat(string methods)
    {
        var plan = fixture.Plan(fixture.Opinions, methods.Length == 0 ? [] : methods.Split('+'));
        var first = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        var second = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        CanonicalJson.Write(second.Result).ShouldBe(CanonicalJson.Write(first.Result));
        second.Adapter?.Weights.ShouldBe(first.Adapter?.Weights);
        (first.Adapter is null).ShouldBe(methods.Length == 0);
        first.Result.Curve[^1].Loss.ShouldBeLessThan(first.Result.Curve[0].Loss);
        first.Result.TrainableParameters.ShouldBe(plan.Sizes?.Parameters ?? first.Result.TrainableParameters);
    }

    [Fact]
    public void A_row_with_a_token_that_the_embedding_has_no_row_for_fails_the_trial_by_its_number()
    {
        var task = new TokenisedTask(TaskFolder.Open(fixture.TaskFolder), fixture.Backbone.Config with { VocabSize = 8 }, fixture.Opinions.Tokenizer, 16, skipBadRows: false);
        Should.Throw<TrialFailedException>(() => task.Train(task.TrainRows, CancellationToken.None)).Message.ShouldMatch("^row [0-9]+ of the training rows holds the token [0-9]+, and the backbone's embedding has 8 rows");
    }

    // All of a large task takes longer than a worker that is asked to stop is waited for.
    [Fact]
    public void Tokenising_ends_when_the_trial_is_cancelled()
    {
        var task = new TokenisedTask(TaskFolder.Open(fixture.TaskFolder), fixture.Backbone.Config, fixture.Opinions.Tokenizer, 16, skipBadRows: false);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Should.Throw<OperationCanceledException>(() => task.Train(task.TrainRows, cancel.Token));
        Should.Throw<OperationCanceledException>(() => task.Dev(task.DevRows, cancel.Token));
        task.Train(task.TrainRows, CancellationToken.None).Length.ShouldBe(task.TrainRows.Count);
    }

    [Fact]
    public void A_method_of_the_plans_own_trains_as_the_named_one_with_its_dimensions_does()
    {
        // Of their vectors (IA)3 and its twin draw nothing, so that another name must leave the same bits.
        var twin = NamedMethods.Ia3 with { Name = "twin", Title = "Twin" };
        var named = fixture.Plan(fixture.Opinions, "ia3");
        var composed = fixture.Plan(fixture.Opinions, [twin], "twin");
        composed = composed with { Training = composed.Training with { MethodRates = [new MethodRate("twin", 5)] } };

        var wanted = TrialRunner.Run(named, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        var trained = TrialRunner.Run(composed, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);

        CanonicalJson.Write(trained.Result).ShouldBe(CanonicalJson.Write(wanted.Result));
        trained.Adapter.ShouldNotBeNull().Manifest(new("1", "a profile")).Methods.ShouldBe([twin]);
        Should.Throw<ArgumentException>(() => TrialRunner.Run(composed with { OwnMethods = [] }, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken))
            .Message.ShouldContain("'twin'");
    }

    [Fact]
    public void A_reparametrised_prefix_learns_and_leaves_plain_keys_and_values()
    {
        var made = NamedMethods.Prefix with { Name = "made", Title = "Made prefix", Reparametrisation = 24 };
        var plan = fixture.Plan(fixture.Opinions, [made], "made");
        var trained = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        var again = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);

        trained.Result.Curve[^1].Loss.ShouldBeLessThan(trained.Result.Curve[0].Loss);
        CanonicalJson.Write(again.Result).ShouldBe(CanonicalJson.Write(trained.Result));
        var sizes = plan.Sizes.ShouldNotBeNull();
        trained.Result.TrainableParameters.ShouldBe(sizes.Parameters);
        trained.Result.TrainingOnlyParameters.ShouldBe(sizes.Sizes.Sum(size => made.TrainingOnlyParametersPerLayer(fixture.Backbone.Shape.Stacks[0], size.Size)));

        using var folder = new TempFolder();
        var adapter = trained.Adapter.ShouldNotBeNull();
        AdapterFolder.Write(folder.Path, adapter.Manifest(new("1", "a profile")), adapter.Weights);
        using (var weights = AdapterFolder.OpenWeights(folder.Path))
            weights.Entries.Select(entry => entry.Key).Where(key => key.Contains("made", StringComparison.Ordinal)).ShouldBe(
                from layer in new[] { 0, 1 } from part in new[] { "key", "value" } select $"encoder.layer.{layer}.attention.self.made.{part}", ignoreOrder: true);
        using var opened = AdapterPrediction.Open(fixture.BackboneFolder, folder.Path, TorchSharp.torch.CPU);
        var rows = TaskFile.ReadUnscored(opened.Task, Path.Combine(fixture.TaskFolder, "dev.tsv"));
        opened.Predict(rows, TestContext.Current.CancellationToken).Score.ShouldBe(trained.Result.Dev);
    }

    /// <summary>Published checkpoints have special tokens without a row; whoever spells one out is told where.</summary>
    [Fact]
    public void A_row_to_predict_with_a_token_that_the_embedding_has_no_row_for_is_named()
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(fixture.BackboneFolder))
            File.Copy(file, folder[Path.GetFileName(file)]);
        var words = File.ReadAllLines(folder["vocab.txt"]).Length;
        File.AppendAllText(folder["vocab.txt"], "[LAST]\n");
        folder.Write("tokenizer_config.json", """{"mask_token": "[LAST]"}""");
        using var backbone = Backbone.Load(folder.Path, TorchSharp.torch.CPU, Precision.Fp32);
        var task = new TokenisedTask(TaskFolder.Open(fixture.TaskFolder), backbone.Config, Tokenizer.FromFolder(folder.Path), 16, skipBadRows: false);
        var adapter = TrialRunner.Run(fixture.Plan(task, "lora"), backbone, task, null, TestContext.Current.CancellationToken).Adapter.ShouldNotBeNull();
        AdapterFolder.Write(folder["adapter"], adapter.Manifest(new("1", "a profile")), adapter.Weights);
        using var opened = AdapterPrediction.Open(folder.Path, folder["adapter"], TorchSharp.torch.CPU);

        Should.Throw<InvalidTaskException>(() => opened.Predict(new UnscoredRows([new("good", null, 1), new("[LAST]", null, 2)], null, null), TestContext.Current.CancellationToken))
            .Message.ShouldStartWith($"row 2 holds the token {words}, and the backbone's embedding has {words} rows");
    }

    /// <summary>As MAM of the literature: a prefix that an MLP makes and a scaled parallel adapter, each with its size whatever the budget would give.</summary>
    [Fact]
    public void Methods_with_sizes_of_their_own_train_at_them_and_leave_them_in_the_adapter()
    {
        var prefix = NamedMethods.Prefix with { Name = "own-prefix", Title = "Own prefix", Reparametrisation = 24, Size = 3 };
        var adapter = NamedMethods.ScaledParallel with { Name = "own-adapter", Title = "Own adapter", Scale = 4, Size = 5 };
        var plan = fixture.Plan(fixture.Opinions, [prefix, adapter], "own-prefix", "own-adapter");
        var sizes = plan.Sizes.ShouldNotBeNull();
        sizes.Sizes.Select(size => (size.Method, size.Size)).Distinct().ShouldBe([("own-adapter", 5), ("own-prefix", 3)]);

        var trained = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);

        trained.Result.Curve[^1].Loss.ShouldBeLessThan(trained.Result.Curve[0].Loss);
        // Two layers of width 16: keys and values, and the bottleneck with its biases.
        trained.Result.TrainableParameters.ShouldBe(2 * ((2 * 3 * 16) + (5 * 33) + 16));
        trained.Result.TrainingOnlyParameters.ShouldBe(2 * ((3 * 16) + (17 * 24) + (25 * 32)));
        using var folder = new TempFolder();
        var kept = trained.Adapter.ShouldNotBeNull();
        AdapterFolder.Write(folder.Path, kept.Manifest(new("1", "a profile")), kept.Weights);
        AdapterFolder.ReadManifest(folder.Path).Methods.ShouldBe([adapter, prefix], ignoreOrder: true);
        using (var weights = AdapterFolder.OpenWeights(folder.Path))
        {
            weights.Entries.Single(entry => entry.Key == "encoder.layer.1.attention.self.own-prefix.key").Shape.ShouldBe([3, 16]);
            weights.Entries.Single(entry => entry.Key.StartsWith("encoder.layer.0.", StringComparison.Ordinal) && entry.Key.EndsWith("own-adapter.down.weight", StringComparison.Ordinal)).Shape.ShouldBe([5, 16]);
        }
        using var opened = AdapterPrediction.Open(fixture.BackboneFolder, folder.Path, TorchSharp.torch.CPU);
        var rows = TaskFile.ReadUnscored(opened.Task, Path.Combine(fixture.TaskFolder, "dev.tsv"));
        opened.Predict(rows, TestContext.Current.CancellationToken).Score.ShouldBe(trained.Result.Dev);
    }

    [Fact]
    public void Full_fine_tuning_solves_a_task_of_one_word()
    {
        var plan = fixture.Plan(fixture.Opinions) with { Epochs = 12 };
        var result = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken).Result;
        result.Dev.ShouldNotBeNull().Score.ShouldBeGreaterThan(90);
        result.Curve[result.BestEpoch - 1].Decision.ShouldBe(result.Decision);
        result.Curve.Max(point => point.Decision.Score).ShouldBe(result.Decision.Score);
    }

    [Fact]
    public void Another_training_seed_gives_other_bits()
    {
        var plan = fixture.Plan(fixture.Opinions, "lora");
        var first = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        var second = TrialRunner.Run(plan with { TrainingSeed = 1 }, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        second.Adapter.ShouldNotBeNull().Weights.ShouldNotBe(first.Adapter.ShouldNotBeNull().Weights);
    }

    [Fact]
    public void Scores_are_learnt_in_the_tasks_range()
    {
        var plan = fixture.Plan(fixture.Scores) with { Epochs = 12 };
        var result = TrialRunner.Run(plan, fixture.Backbone, fixture.Scores, null, TestContext.Current.CancellationToken).Result;
        result.Dev.ShouldNotBeNull().Metrics.Select(metric => metric.Name).ShouldBe(["pearson", "spearman"]);
        result.Dev.Score.ShouldBeGreaterThan(70);
    }

    [Fact]
    public void A_diverging_trial_fails_with_its_step_and_the_remedy()
    {
        var plan = fixture.Plan(fixture.Opinions, "lora");
        plan = plan with { Training = plan.Training with { Rate = 1e30, HeadRate = 1e30, ClipNorm = 0 } };
        var error = Should.Throw<TrialFailedException>(() => TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken));
        error.Message.ShouldMatch("at step [0-9]+ of 48.*Lower the learning rate|prediction for row");
    }

    [Fact]
    public void A_trial_that_memory_cannot_hold_fails_with_what_to_lower_and_the_next_one_runs()
    {
        Assert.SkipWhen(File.ReadAllText("/proc/sys/vm/overcommit_memory").Trim() == "1", "this kernel grants memory that it does not have (vm.overcommit_memory = 1)");
        var plan = fixture.Plan(fixture.Opinions, "lora");
        var sizes = plan.Sizes.ShouldNotBeNull();
        var huge = plan with { Sizes = sizes with { Sizes = sizes.Sizes.Select(size => size with { Size = 2_000_000_000 }).ToValueList() } };
        var error = Should.Throw<TrialFailedException>(() => TrialRunner.Run(huge, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken));
        error.Message.ShouldStartWith("out of memory with batches of 8 rows of up to 16 tokens. Lower the batch size or the length");
        TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken).Result.TrainableParameters.ShouldBe(sizes.Parameters);
    }

    [Fact]
    public void A_cancelled_trial_stops_between_two_steps()
    {
        using var cancel = new CancellationTokenSource();
        var steps = new List<int>();
        var progress = new Reports(report =>
        {
            if (report.Finished is not null)
                return;
            steps.Add(report.Step);
            if (report.Step == 5)
                cancel.Cancel();
        });
        Should.Throw<OperationCanceledException>(() => TrialRunner.Run(fixture.Plan(fixture.Opinions, "lora"), fixture.Backbone, fixture.Opinions, progress, cancel.Token));
        steps.ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public void Nothing_stays_behind_in_memory()
    {
        var plan = fixture.Plan(fixture.Opinions, "adapter", "bitfit", "lora", "prefix");
        TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        var before = NativeRuntime.LiveTensors;
        for (var i = 0; i < 3; i++)
            TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken);
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void A_plan_for_other_files_is_refused()
    {
        var plan = fixture.Plan(fixture.Opinions, "lora");
        Should.Throw<ArgumentException>(() => TrialRunner.Run(plan with { Task = plan.Task with { Hash = "other" } }, fixture.Backbone, fixture.Opinions, null, default)).Message.ShouldContain("wants task 'opinions'");
        Should.Throw<ArgumentException>(() => TrialRunner.Run(plan with { Backbone = plan.Backbone with { Hash = "other" } }, fixture.Backbone, fixture.Opinions, null, default)).Message.ShouldContain("wants backbone 'tiny'");
    }

    [Fact]
    public void Bf16_comes_near_fp32()
    {
        var plan = fixture.Plan(fixture.Opinions, "lora");
        using var half = Models.Backbones.Backbone.Load(fixture.BackboneFolder, TorchSharp.torch.CPU, Precision.Bf16);
        var single = TrialRunner.Run(plan, fixture.Backbone, fixture.Opinions, null, TestContext.Current.CancellationToken).Result;
        var rounded = TrialRunner.Run(plan, half, fixture.Opinions, null, TestContext.Current.CancellationToken).Result;
        rounded.Curve[0].Loss.ShouldBe(single.Curve[0].Loss, 0.02);
    }

    private sealed class Reports(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
