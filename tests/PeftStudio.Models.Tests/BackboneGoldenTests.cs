using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class BackboneGoldenTests
{
    [Theory]
    [InlineData("bert", 32)]
    [InlineData("roberta", 32)]
    [InlineData("t5", 64)]
    [InlineData("t5-v1_1", 68)]
    [InlineData("bart", 84)]
    [InlineData("bart-lm", 84)]
    public void Logits_loss_hidden_states_and_gradients_are_the_reference_implementations(string model, int gradients)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        using var scope = NewDisposeScope();
        using var golden = new Golden(folder);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        var head = ForwardPass.HeadOf(backbone);
        using var tuned = TunedModel.Create(backbone, InsertionPlan.Everything(backbone, head), head, Golden.Seed);
        var (batch, labels) = Golden.Inputs(folder);
        var targets = head.IsLanguageModel ? labels : null;
        var shown = new List<string>();
        using (batch)
        {
            tuned.Forward(batch, ForwardContext.Evaluation, targets, (stack, i, hidden) =>
            {
                shown.Add(backbone.Config.Decoder is null ? $"hidden_states.{i}" : $"{stack}_hidden_states.{i}");
                golden.ShouldBeClose(shown[^1], hidden);
            });
            // Unseen, the last layer may compute less.
            golden.ShouldBeCloseWithLoss(tuned, tuned.Forward(batch, ForwardContext.Evaluation, targets), labels);
        }
        shown.ShouldBe(golden.Keys.Where(key => key.Contains("hidden_states", StringComparison.Ordinal)), ignoreOrder: true);
        golden.GradientKeys.Count().ShouldBe(gradients);
        foreach (var key in golden.GradientKeys)
            golden.ShouldBeClose($"grad.{key}", tuned.Parameters[backbone.BareKey(key)].Value.grad!);
        backbone.Report.Missing.ShouldBeEmpty();
        backbone.Report.Unexpected.ShouldBeEmpty();
    }
}
