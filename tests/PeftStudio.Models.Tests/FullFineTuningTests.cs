using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class FullFineTuningTests
{
    [Theory]
    [InlineData("bert", 272)]
    [InlineData("roberta", 0)]
    public void Every_tensor_trains_in_a_copy_and_the_shared_backbone_stays(string model, int pooler)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone(model);
        using var backbone = files.Load();
        using var full = TunedModel.Create(backbone, null, null, [], HeadPlan.Regression, new InitialisationSeed(1, 2));
        using var plain = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Regression, new InitialisationSeed(1, 2));
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        LowestLayers.Of(full.Plan, backbone.Config, "encoder").ShouldBe(-1);
        full.Parameters.BackboneCount.ShouldBe(backbone.Shape.Parameters + pooler);
        full.Parameters.HeadCount.ShouldBe(plain.Parameters.HeadCount);
        full.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray().ShouldBe(plain.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray());

        full.Head.Loss(full.Forward(batch, ForwardContext.Evaluation), tensor(new float[] { 1, -1 })).backward();
        foreach (var parameter in full.Parameters.Parameters.Where(p => !p.Name.EndsWith("key.bias", StringComparison.Ordinal)))
            parameter.Value.grad!.abs().sum().ToDouble().ShouldBeGreaterThan(1e-7, parameter.Name);
        var before = backbone["encoder.layer.0.output.dense.weight"].clone();
        using (no_grad())
            full.Parameters.Values.sub_(full.Parameters.Gradient);
        backbone["encoder.layer.0.output.dense.weight"].Equals(before).ShouldBeTrue();
        full.Parameters["encoder.layer.0.output.dense.weight"].Value.Equals(before).ShouldBeFalse();
    }

    [Fact]
    public void Biases_and_norms_do_not_decay_and_groups_are_runs_of_the_buffer()
    {
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, "adapter+bitfit|lora|prefix|-");
        tuned.Parameters.Segments.Select(s => (s.Group, s.Decays)).ShouldBe(
            [("adapter", true), ("adapter", false), ("bitfit", false), ("head", true), ("head", false), ("lora", true), ("prefix", true)]);
        tuned.Parameters.Segments.Aggregate(0L, (start, s) =>
        {
            s.Start.ShouldBe(start);
            return start + s.Length;
        });
        using var full = TunedModel.Create(backbone, InsertionPlan.Everything(backbone, HeadPlan.Classification(2)), HeadPlan.Classification(2), new InitialisationSeed(0, 0));
        full.Parameters.Parameters.Where(p => p.Decays).ShouldAllBe(p => p.Name.EndsWith(".weight", StringComparison.Ordinal) && !p.Name.Contains("LayerNorm", StringComparison.Ordinal));
        full.Parameters.Parameters.Single(p => p.Name == "encoder.layer.1.output.LayerNorm.weight").Decays.ShouldBeFalse();
    }

    [Fact]
    public void A_snapshot_brings_back_every_bit()
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, "adapter|lora|prefix|bitfit");
        var before = tuned.Parameters.Values.data<float>().ToArray();
        using var snapshot = tuned.Parameters.Snapshot();
        TrainedAdapter.Disturb(tuned);
        tuned.Parameters.Values.data<float>().ToArray().ShouldNotBe(before);
        tuned.Parameters.Restore(snapshot);
        tuned.Parameters.Values.data<float>().ToArray().ShouldBe(before);
        tuned.Parameters["encoder.layer.1.attention.self.query.lora.down"].Value.view(-1)[0].ToSingle()
            .ShouldBe(before[tuned.Parameters["encoder.layer.1.attention.self.query.lora.down"].Offset]);
    }
}
