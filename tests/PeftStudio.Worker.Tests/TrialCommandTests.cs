using System.Text.Json.Nodes;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;

namespace PeftStudio.Worker.Tests;

public sealed class TrialCommandTests : IDisposable
{
    private readonly TempFolder files = new();
    private readonly string backbone;
    private readonly string task;

    public TrialCommandTests()
    {
        backbone = TinyAssets.WriteBackbone(new DirectoryInfo(files.Path));
        task = TinyAssets.WriteTask(new DirectoryInfo(files.Path), "opinions", regression: false);
    }

    [Fact]
    public async Task A_trial_prints_its_result_and_its_adapter_predicts_the_dev_score()
    {
        var plan = files.Write("plan.json", CanonicalJson.Write(Plan()));
        var (code, output, error) = await WorkerProgram.RunAsync("trial", plan, "--backbone", backbone, "--task", task, "--adapter", files["adapter"]);
        code.ShouldBe(0, error);
        error.ShouldContain("step 1 of ");
        var again = await WorkerProgram.RunAsync("trial", plan, "--backbone", backbone, "--task", task, "--adapter", files["again"]);
        (await File.ReadAllBytesAsync(files["again/adapter.safetensors"])).ShouldBe(await File.ReadAllBytesAsync(files["adapter/adapter.safetensors"]));

        var result = JsonNode.Parse(output).ShouldNotBeNull();
        JsonNode.Parse(again.Output).ShouldNotBeNull()["dev"].ShouldNotBeNull().ToJsonString().ShouldBe(result["dev"].ShouldNotBeNull().ToJsonString());
        var predicted = await WorkerProgram.RunAsync("predict", "--backbone", backbone, "--adapter", files["adapter"], "--input", Path.Combine(task, "dev.tsv"), "--output", files["out.jsonl"]);
        predicted.Code.ShouldBe(0, predicted.Error);
        JsonNode.DeepEquals(JsonNode.Parse(predicted.Output), result["dev"]).ShouldBeTrue(predicted.Output);
        AdapterFolder.ReadManifest(files["adapter"]).Scores.Dev.ShouldNotBeNull().Score.ShouldBe(result["dev"].ShouldNotBeNull()["score"].ShouldNotBeNull().GetValue<double>());
    }

    [Fact]
    public async Task A_plan_for_another_backbone_is_refused()
    {
        var plan = files.Write("plan.json", CanonicalJson.Write(Plan() with { Backbone = Plan().Backbone with { Hash = new string('0', 64) } }));
        var (code, _, error) = await WorkerProgram.RunAsync("trial", plan, "--backbone", backbone, "--task", task);
        code.ShouldBe(1);
        error.ShouldContain("0000");
        error.ShouldContain(backbone);
    }

    [Theory]
    [InlineData("{", "plan.json")]
    [InlineData("{\"epochs\": 1, \"hats\": 2}", "plan.json")]
    [InlineData("[]", "plan.json")]
    public async Task A_plan_that_is_none_is_named(string text, string named)
    {
        var (code, _, error) = await WorkerProgram.RunAsync("trial", files.Write("plan.json", text), "--backbone", backbone, "--task", task);
        code.ShouldBe(1);
        error.ShouldStartWith("error: ");
        error.ShouldContain(named);
    }

    public void Dispose() => files.Dispose();

    private TrialPlan Plan()
    {
        using var checkpoint = SafetensorsCheckpoint.Open(backbone);
        var config = BackboneConfig.FromFolder(backbone);
        var identity = BackboneIdentity.Of(checkpoint, config.ModelType);
        var shape = config.Shape() with { Parameters = identity.Parameters };
        var folder = TaskFolder.Open(task);
        var design = new Design(
            LayerPattern.Uniform, [new LayerGrouping([1, 1])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet(["lora"]), new MethodSet(["adapter", "bitfit"])]);
        return new TrialPlan(
            new BackboneAsset("tiny", identity.Hash, shape),
            new TaskAsset("opinions", folder.Hash(), folder.Definition.LabelNames, folder.Definition.MetricNames, folder.ReadTrain(skipBadRows: false).Rows.Count, folder.ReadDev(skipBadRows: false).Rows.Count),
            design, BudgetSizes.Compute(design, new Budget(parameters: 900), shape, NamedMethods.All).Sizes, new TrainingPlan { BatchSize = 8, MaxLength = 16 },
            Epochs: 2, TrainingRows: 64, DecisionShare: 0.2, DecisionRowsAtMost: 100, DecisionRows.PartOfTrain, EvaluationRows.DecisionThenDev, StudySeed: 7, TrainingSeed: 0, KeepAdapter: false);
    }
}
