using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
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
        using var tuned = TrainedAdapter.Write(backbone, Design, task, folder.Path);
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
        using var tuned = TrainedAdapter.Write(backbone, Design, "RTE", folder.Path);
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
            using var tuned = TrainedAdapter.Write(backbone, Design, "RTE", folder.Path, model => change(AdapterTensors.Of(model)));
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
}
