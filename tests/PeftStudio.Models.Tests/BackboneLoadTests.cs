using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class BackboneLoadTests
{
    private const string QueryWeight = "encoder.layer.2.attention.self.query.weight";

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    public void Keys_with_and_without_the_wrappers_prefix_are_one_backbone(string model)
    {
        using var wrapped = new TinyBackbone(model);
        using var bare = new TinyBackbone(model, wrapper: "");
        using var one = wrapped.Load();
        using var other = bare.Load();
        other.Hash.ShouldBe(one.Hash);
        other[QueryWeight].data<float>().ToArray().ShouldBe(one[QueryWeight].data<float>().ToArray());
        one.CheckpointKey(QueryWeight).ShouldBe($"{model}.{QueryWeight}");
        other.CheckpointKey(QueryWeight).ShouldBe(QueryWeight);
        one.CheckpointKey("classifier.weight").ShouldBe("classifier.weight");
        one.BareKey($"{model}.{QueryWeight}").ShouldBe(QueryWeight);
        one.Shape.Parameters.ShouldBe(EncoderKeys.Of(one.Config).Sum(k => k.Shape.Aggregate(1L, (a, b) => a * b)));
    }

    [Fact]
    public void Half_precision_is_widened_exactly()
    {
        using var exact = new TinyBackbone("bert", change: t => new SafetensorsTensor(t.Key, t.Type, t.Shape, Bytes(Array.ConvertAll(t.ToFloats(), v => (float)(Half)v))));
        using var half = new TinyBackbone("bert", change: t => new SafetensorsTensor(t.Key, SafetensorsType.F16, t.Shape, Bytes(Array.ConvertAll(t.ToFloats(), v => (Half)v))));
        using var wide = exact.Load();
        using var widened = half.Load();
        widened[QueryWeight].dtype.ShouldBe(ScalarType.Float32);
        foreach (var (key, _) in EncoderKeys.Of(wide.Config))
            widened[key].data<float>().ToArray().ShouldBe(wide[key].data<float>().ToArray(), key);
    }

    [Fact]
    public void What_the_checkpoint_lacks_or_has_besides_is_reported()
    {
        using var files = new TinyBackbone("bert", pooler: false);
        using (var backbone = files.Load())
        {
            backbone.Report.Missing.ShouldBe(["bert.pooler.dense.weight", "bert.pooler.dense.bias"]);
            backbone.Report.Unexpected.ShouldBeEmpty();
            using var tuned = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Classification(2), new InitialisationSeed(0, 0));
            tuned.Parameters.Parameters.Select(p => p.Name).ShouldBe(["classifier.weight", "pooler.dense.weight", "pooler.dense.bias", "classifier.bias"], ignoreOrder: true);
        }
        using var more = new TinyBackbone("roberta", change: t => t.Key.EndsWith("layer.3.output.dense.bias", StringComparison.Ordinal) ? null : t);
        Should.Throw<SafetensorsException>(() => more.Load()).Message.ShouldContain("roberta.encoder.layer.3.output.dense.bias");
        using var pretrained = new TinyBackbone("roberta", extra: ["lm_head.bias", "roberta.pooler.dense.weight", "roberta.encoder.layer.4.output.dense.bias"]);
        using var loaded = pretrained.Load();
        loaded.Report.Unexpected.ShouldBe(["lm_head.bias", "roberta.encoder.layer.4.output.dense.bias", "roberta.pooler.dense.weight"]);
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused_with_both_shapes()
    {
        using var files = new TinyBackbone("bert", change: t => t.Key.EndsWith(QueryWeight, StringComparison.Ordinal) ? TinyBackbone.Random(t.Key, [16, 8], 1) : t);
        var message = Should.Throw<SafetensorsException>(() => files.Load()).Message;
        message.ShouldContain($"bert.{QueryWeight}");
        message.ShouldContain("[16, 8]");
        message.ShouldContain("[16, 16]");
    }

    [Fact]
    public void Integer_weights_are_refused()
    {
        using var files = new TinyBackbone("bert", change: t => t.Key.EndsWith(QueryWeight, StringComparison.Ordinal)
            ? new SafetensorsTensor(t.Key, SafetensorsType.I32, t.Shape, t.Bytes)
            : t);
        Should.Throw<SafetensorsException>(() => files.Load()).Message.ShouldContain("I32");
    }

    [Fact]
    public void Bf16_holds_the_weights_in_bf16_under_the_same_hash()
    {
        using var files = new TinyBackbone("roberta");
        using var exact = Backbone.Load(files.Folder, CPU, Precision.Fp32);
        using var rounded = Backbone.Load(files.Folder, CPU, Precision.Bf16);
        rounded[QueryWeight].dtype.ShouldBe(ScalarType.BFloat16);
        rounded.Hash.ShouldBe(exact.Hash);
    }

    [Fact]
    public void A_row_longer_than_the_backbones_positions_is_refused()
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone("roberta");
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, "lora|-|-|-");
        backbone.Config.MaxLength.ShouldBe(18);
        using var most = TinyBackbone.Batch(backbone.Config.PadTokenId, time: 18);
        tuned.Forward(most, ForwardContext.Evaluation).shape.ShouldBe([2, 3]);
        using var over = TinyBackbone.Batch(backbone.Config.PadTokenId, time: 19);
        Should.Throw<ArgumentException>(() => tuned.Forward(over, ForwardContext.Evaluation)).Message.ShouldContain("at most 18");
    }

    private static byte[] Bytes<T>(T[] values)
        where T : struct => System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values).ToArray();
}
