using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class BackboneGoldenTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    public void Logits_loss_hidden_states_and_gradients_are_the_reference_implementations(string model)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        using var scope = NewDisposeScope();
        using var golden = new Golden(folder);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        using var tuned = TunedModel.Create(backbone, InsertionPlan.Everything(backbone, HeadPlan.Classification(3)), HeadPlan.Classification(3), Golden.Seed);
        var (batch, labels) = Golden.Inputs(folder);
        using (batch)
        {
            using (tuned.Forward(batch, ForwardContext.Evaluation, visit: (_, i, hidden) => golden.ShouldBeClose($"hidden_states.{i}", hidden)))
            {
            }
            using var logits = tuned.Forward(batch, ForwardContext.Evaluation);
            golden.ShouldBeClose("logits", logits);
            using var loss = tuned.Head.Loss(logits, labels);
            golden.ShouldBeClose("loss", loss);
            loss.backward();
        }
        golden.GradientKeys.Count().ShouldBe(32);
        foreach (var key in golden.GradientKeys)
            golden.ShouldBeClose($"grad.{key}", tuned.Parameters[backbone.BareKey(key)].Value.grad!);
        backbone.Report.Missing.ShouldBeEmpty();
        backbone.Report.Unexpected.ShouldBeEmpty();
    }
}
