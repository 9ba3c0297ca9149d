using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A checkpoint's classification head, whose number of outputs nothing but its own tensors says: it is taken whole, or refused by its key before anything of its size is made.</summary>
public sealed class CheckpointHeadTests
{
    private const long BeyondAnInt = 1L << 32;

    [Theory]
    [InlineData("bert", "classifier.weight", new[] { 1_500_000, 0L })]
    [InlineData("bert", "classifier.weight", new[] { int.MaxValue, 0L })]
    [InlineData("bert", "classifier.weight", new[] { BeyondAnInt + 2, 0 })]
    [InlineData("bert", "classifier.weight", new[] { 0L, 16 })]
    [InlineData("bert", "classifier.weight", new[] { 3L, 15 })]
    [InlineData("bert", "classifier.weight", new[] { 48L })]
    [InlineData("bert", "classifier.weight", new long[] { })]
    [InlineData("bert", "classifier.bias", new[] { 4L })]
    [InlineData("bert", "classifier.bias", new[] { 0L })]
    [InlineData("roberta", "classifier.out_proj.weight", new[] { int.MaxValue, 0L })]
    [InlineData("roberta", "classifier.out_proj.bias", new[] { 3L, 1 })]
    [InlineData("roberta", "classifier.dense.weight", new[] { 16L, 15 })]
    [InlineData("bart", "classification_head.out_proj.weight", new[] { 0L, 16 })]
    [InlineData("bart", "classification_head.out_proj.weight", new[] { BeyondAnInt, 0 })]
    [InlineData("bart", "classification_head.out_proj.weight", new long[] { })]
    public void One_of_another_shape_is_refused(string model, string key, long[] shape)
    {
        var error = Refusal(model, t => t.Key == key ? shape.Contains(0) ? new SafetensorsTensor(key, SafetensorsType.F32, [.. shape], ReadOnlyMemory<byte>.Empty) : TinyBackbone.Random(key, shape, 1) : t);
        error.Key.ShouldBe(key);
        error.Message.ShouldContain($"has shape [{string.Join(", ", shape)}]");
    }

    [Theory]
    [InlineData("bert", "classifier.weight")]
    [InlineData("bert", "classifier.bias")]
    [InlineData("bert", "bert.pooler.dense.bias")]
    [InlineData("roberta", "classifier.dense.weight")]
    [InlineData("roberta", "classifier.out_proj.weight")]
    [InlineData("bart", "classification_head.out_proj.weight")]
    [InlineData("bart", "classification_head.dense.bias")]
    public void One_that_is_there_in_part_is_refused(string model, string key)
    {
        var error = Refusal(model, t => t.Key == key ? null : t);
        error.Key.ShouldBe(key);
        error.Message.ShouldContain("is missing, though the head's other parts are there");
    }

    [Theory]
    [InlineData("bert", 1)]
    [InlineData("bert", 3)]
    [InlineData("roberta", 1)]
    [InlineData("bart", 3)]
    public void A_whole_one_answers(string model, int outputs)
    {
        using var files = new TinyModel(model, outputs);
        using var backbone = Backbone.Load(files.Folder, CPU, Precision.Fp32);
        ForwardPass.HeadOf(backbone).Outputs.ShouldBe(outputs);
        ForwardPass.Notes(backbone).ShouldBeEmpty();
        using var tuned = TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), new InitialisationSeed(1, 2));
        foreach (var parameter in tuned.Parameters.Parameters)
            parameter.Value.data<float>().ToArray().ShouldBe(backbone[parameter.Name].data<float>().ToArray(), parameter.Name);
    }

    [Theory]
    [InlineData("bert", "no classifier.weight, classifier.bias:")]
    [InlineData("bert-bare", "no bert.pooler.dense.weight, bert.pooler.dense.bias, classifier.weight, classifier.bias:")]
    [InlineData("roberta", "no classifier.dense.weight, classifier.dense.bias, classifier.out_proj.weight, classifier.out_proj.bias:")]
    [InlineData("bart", null)] // without a head it writes
    [InlineData("t5", null)]
    public void That_none_is_there_is_said(string model, string? note)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        ForwardPass.Notes(backbone).Select(text => text.Contains(note ?? "?", StringComparison.Ordinal)).ShouldBe(note is null ? [] : [true]);
    }

    [Fact]
    public void An_adapter_that_brings_none_says_it_too()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        SafetensorsWriter.Write(folder["biases.safetensors"], [TinyBackbone.Random("bert.encoder.layer.0.output.dense.bias", [16], 1)]);
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        adapter.Notes.ShouldBe(ForwardPass.Notes(backbone));
        adapter.Notes.Count.ShouldBe(1);
    }

    private static SafetensorsException Refusal(string model, Func<SafetensorsTensor, SafetensorsTensor?> change)
    {
        using var files = new TinyModel(model, outputs: 3, change);
        return Should.Throw<SafetensorsException>(() => Backbone.Load(files.Folder, CPU, Precision.Fp32).Dispose());
    }
}
