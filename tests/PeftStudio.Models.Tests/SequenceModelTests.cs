using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class SequenceModelTests
{
    [Theory]
    [InlineData("t5", "transformer.", "encoder.block.1.layer.0.SelfAttention.q.weight")]
    [InlineData("bart", "", "encoder.layers.1.self_attn.q_proj.weight")]
    public void Keys_with_and_without_the_wrappers_prefix_are_one_backbone(string model, string wrapper, string query)
    {
        using var usual = new TinySequence(model);
        using var other = new TinySequence(model, wrapper: wrapper);
        using var one = usual.Load();
        using var two = other.Load();
        two.Hash.ShouldBe(one.Hash);
        two.CheckpointKey(query).ShouldBe(wrapper + query);
        one.Shape.Parameters.ShouldBe(NetworkKeys.Of(one.Config).Sum(k => k.Shape.Aggregate(1L, (a, b) => a * b)));
        one.Config.Parameters.ShouldBe(one.Shape.Parameters);
    }

    [Fact]
    public void What_the_checkpoint_lacks_is_an_error_and_what_it_has_besides_is_reported()
    {
        using var lacking = new TinySequence("t5", change: t => t.Key == "decoder.block.1.layer.1.EncDecAttention.k.weight" ? null : t);
        Should.Throw<SafetensorsException>(() => lacking.Load()).Message.ShouldContain("decoder.block.1.layer.1.EncDecAttention.k.weight");
        using var headless = new TinySequence("t5", change: t => t.Key == "lm_head.weight" ? null : t);
        Should.Throw<SafetensorsException>(() => headless.Load()).Message.ShouldContain("lm_head.weight");
        using var half = new TinySequence("bart", outputs: 3, change: t => t.Key == "classification_head.dense.bias" ? null : t);
        Should.Throw<SafetensorsException>(() => half.Load()).Message.ShouldContain("classification_head.dense.bias");
        using var wide = new TinySequence("bart", change: t => t.Key == "model.decoder.layers.1.fc1.weight" ? TinyBackbone.Random(t.Key, [24, 16], 1) : t);
        Should.Throw<SafetensorsException>(() => wide.Load()).Message.ShouldContain("[20, 16]");
        using var more = new TinySequence("bart", extra: ["lm_head.weight", "model.encoder.embed_tokens.weight", "model.encoder.layers.3.fc1.bias"]);
        using var loaded = more.Load();
        loaded.Report.Missing.ShouldBeEmpty();
        loaded.Report.Unexpected.ShouldBe(["lm_head.weight", "model.encoder.embed_tokens.weight", "model.encoder.layers.3.fc1.bias"]);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Targets_that_are_ignored_change_neither_loss_nor_what_stands_before_them(string model)
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence(model);
        using var backbone = files.Load();
        using var sequence = TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), Golden.Seed);
        using var batch = TinySequence.Batch();
        var three = sequence.Forward(batch, ForwardContext.Evaluation, tensor([3L, 4, 5, 6, 7, 8], [2, 3]));
        var targets = tensor([3L, 4, 5, -100, 6, 7, 8, -100], [2, 4]);
        var four = sequence.Forward(batch, ForwardContext.Evaluation, targets);
        four.narrow(1, 0, 3).allclose(three, atol: 1e-5).ShouldBeTrue();
        sequence.Head.Loss(four, targets).item<float>().ShouldBe(sequence.Head.Loss(three, tensor([3L, 4, 5, 6, 7, 8], [2, 3])).item<float>(), 1e-5);
    }

    [Theory]
    [InlineData("t5", 0)]
    [InlineData("bart", 3)]
    public void Padding_is_not_seen(string model, int outputs)
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence(model, outputs);
        using var backbone = files.Load();
        using var sequence = TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), Golden.Seed);
        var targets = outputs == 0 ? tensor([3L, 4, 5, 6], [2, 2]) : null;
        using var close = TinySequence.Batch();
        using var padded = TinySequence.Batch(time: 12);
        sequence.Forward(padded, ForwardContext.Evaluation, targets).allclose(sequence.Forward(close, ForwardContext.Evaluation, targets), atol: 1e-5).ShouldBeTrue();
    }

    [Theory]
    [InlineData("t5", 0)]
    [InlineData("bart", 0)]
    [InlineData("bart", 3)]
    public void Bf16_computes_nearly_the_same_and_dropout_only_in_training(string model, int outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new TinySequence(model, outputs);
        using var exact = files.Load();
        using var rounded = files.Load(Precision.Bf16);
        using var batch = TinySequence.Batch();
        using var wide = TunedModel.Create(exact, InsertionPlan.Empty, ForwardPass.HeadOf(exact), Golden.Seed);
        using var narrow = TunedModel.Create(rounded, InsertionPlan.Empty, ForwardPass.HeadOf(rounded), Golden.Seed);
        var targets = outputs == 0 ? tensor([3L, 4, 5, 6], [2, 2]) : null;
        var logits = wide.Forward(batch, ForwardContext.Evaluation, targets);
        var spread = logits.std().item<float>();
        var near = narrow.Forward(batch, ForwardContext.Evaluation, targets);
        near.dtype.ShouldBe(ScalarType.Float32);
        near.sub(logits).abs().max().item<float>().ShouldBeLessThan(0.2f * spread);
        Dropped(7).allclose(Dropped(7)).ShouldBeTrue();
        Dropped(7).allclose(logits, atol: 1e-3).ShouldBeFalse();

        Tensor Dropped(ulong seed) => wide.Forward(batch, ForwardContext.Training(seed, 0.3), targets);
    }

    [Fact]
    public void Rows_that_the_model_cannot_read_are_refused()
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence("bart", outputs: 3);
        using var backbone = files.Load();
        using var sequence = TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), Golden.Seed);
        using var endless = new TokenBatch([5, 2, 5, 6], [1, 1, 1, 1], null, 2, CPU);
        Should.Throw<ArgumentException>(() => sequence.Forward(endless, ForwardContext.Evaluation)).Message.ShouldContain("no end-of-sequence token");
        using var batch = TinySequence.Batch(time: 21);
        Should.Throw<ArgumentException>(() => sequence.Forward(batch, ForwardContext.Evaluation)).Message.ShouldContain("at most 20");
    }

    [Theory]
    [InlineData("""{"input_ids": [[1, 2]]}""", "'labels'")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [1]}""", "not a list")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [[1], [2]]}""", "2 rows")]
    [InlineData("""{"input_ids": [[1, 2], [3, 4]], "labels": [[1], [2, 3]]}""", "its row 1 has 2 values, not 1")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [[]]}""", "0 tokens")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [[-1]]}""", "-1")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [[50]]}""", "0 to 49")]
    [InlineData("""{"input_ids": [[1, 2]], "token_type_ids": [[0, 1]], "labels": [[1]]}""", "token_type_ids")]
    public void A_language_models_inputs_are_refused_by_what_is_wrong(string json, string named)
    {
        using var folder = new TempFolder();
        using var files = new TinySequence("t5");
        using var backbone = files.Load();
        var path = folder.Write("inputs.json", json);
        Should.Throw<InvalidDataException>(() => ForwardPass.Run(backbone, null, TokenisedRows.Read(path, backbone.Config), gradients: false)).Message.ShouldContain(named);
    }
}
