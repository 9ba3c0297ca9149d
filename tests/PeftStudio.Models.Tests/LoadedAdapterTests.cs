using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class LoadedAdapterTests
{
    private const string Design = "adapter+bitfit|-|prefix+lora|lora";

    [Theory]
    [InlineData("bert", "RTE")]
    [InlineData("roberta", "STS-B")]
    public void The_studios_own_folder_gives_the_trained_model_back(string modelType, string task)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone(modelType);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = Trained(backbone, task, folder.Path, AdapterTensors.Of);
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        adapter.Model.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray().ShouldBe(tuned.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray());
        adapter.Manifest.ShouldNotBeNull().Task.Definition.Name.ShouldBe(GlueTasks.Find(task)!.Name);

        var rows = TokenisedRows.Read(folder.Write("inputs.json", """{"input_ids": [[1, 2, 3]], "labels": [1]}"""), backbone.Config);
        var gradients = ForwardPass.Run(backbone, adapter, rows, gradients: true).Where(t => t.Key.StartsWith("grad.", StringComparison.Ordinal)).ToArray();
        using var weights = AdapterFolder.OpenWeights(folder.Path);
        gradients.Select(t => t.Key).ShouldBe(weights.Entries.Select(e => $"grad.{e.Key}"), ignoreOrder: true);
        foreach (var gradient in gradients)
            gradient.Shape.ShouldBe(weights.Entry(gradient.Key["grad.".Length..]).Shape, gradient.Key);
    }

    [Fact]
    public void An_adapter_of_another_backbone_is_refused_with_both_hashes()
    {
        using var files = new TinyBackbone("bert");
        using var other = new TinyBackbone("bert", change: t => t.Key.EndsWith("layer.1.output.dense.bias", StringComparison.Ordinal) ? TinyBackbone.Random(t.Key, [16], 99) : t);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var stranger = other.Load();
        using var tuned = Trained(backbone, "RTE", folder.Path, AdapterTensors.Of);
        var message = Should.Throw<InvalidDataException>(() => LoadedAdapter.Read(folder.Path, stranger)).Message;
        message.ShouldContain(backbone.Hash);
        message.ShouldContain(stranger.Hash);
    }

    [Fact]
    public void Weights_that_do_not_fit_the_manifest_are_refused_by_their_key()
    {
        const string Down = "encoder.layer.3.attention.self.query.lora.down";
        Refusal(tensors => [.. tensors.Where(t => t.Key != Down)]).ShouldContain(Down);
        Refusal(tensors => [.. tensors.Select(t => t.Key == Down ? TinyBackbone.Random(Down, [4, 16], 1) : t)]).ShouldContain("[4, 16]");
        Refusal(tensors => [.. tensors, TinyBackbone.Random("encoder.layer.9.more", [1], 1)]).ShouldContain("encoder.layer.9.more");

        static string Refusal(Func<IReadOnlyList<SafetensorsTensor>, IReadOnlyList<SafetensorsTensor>> change)
        {
            using var files = new TinyBackbone("bert");
            using var folder = new TempFolder();
            using var backbone = files.Load();
            using var tuned = Trained(backbone, "RTE", folder.Path, model => change(AdapterTensors.Of(model)));
            return Should.Throw<SafetensorsException>(() => LoadedAdapter.Read(folder.Path, backbone)).Message;
        }
    }

    [Fact]
    public void A_folder_without_an_adapter_is_refused()
    {
        using var files = new TinyBackbone("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        Should.Throw<InvalidDataException>(() => LoadedAdapter.Read(folder.Path, backbone)).Message.ShouldContain("is no adapter");
    }

    private static TunedModel Trained(Backbone backbone, string task, string folder, Func<TunedModel, IReadOnlyList<SafetensorsTensor>> tensors)
    {
        var definition = GlueTasks.Find(task).ShouldNotBeNull();
        var head = definition.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(definition.Outputs);
        var tuned = MethodCases.Create(backbone, Design, head);
        MethodCases.Disturb(tuned);
        var (design, sizes) = MethodCases.Parse(Design, backbone.Shape);
        var score = new RowsScore(50, [], false);
        var manifest = new AdapterManifest(
            AdapterManifest.CurrentFormat, new AdapterBackbone("tiny", backbone.Hash, backbone.Config.ModelType), new string('c', 64), design, sizes, NamedMethods.All,
            new AdapterTask(new string('d', 64), definition), new AdapterTraining(new TrainingPlan(), 1, 1, "rule", 1, 2),
            new AdapterScores(1, score, null, tuned.Parameters.BackboneCount, tuned.Parameters.HeadCount), new AdapterVersions("1", "cpu"));
        AdapterFolder.Write(folder, manifest, SafetensorsWriter.ToBytes(tensors(tuned)));
        return tuned;
    }
}
