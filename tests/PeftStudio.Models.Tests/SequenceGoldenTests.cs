using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class SequenceGoldenTests
{
    [Theory]
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
        using var sequence = SequenceModel.Create(backbone, trained: true);
        var (batch, labels) = Golden.Inputs(folder);
        var shown = new List<string>();
        using (batch)
        {
            var logits = sequence.Forward(batch, sequence.Head is null ? labels : null, ForwardContext.Evaluation, (stack, i, hidden) =>
            {
                shown.Add($"{stack}_hidden_states.{i}");
                golden.ShouldBeClose(shown[^1], hidden);
            });
            golden.ShouldBeClose("logits", logits);
            var loss = sequence.Loss(logits, labels);
            golden.ShouldBeClose("loss", loss);
            loss.backward();
        }
        shown.ShouldBe(golden.Keys.Where(key => key.Contains("hidden_states", StringComparison.Ordinal)), ignoreOrder: true);
        golden.GradientKeys.Count().ShouldBe(gradients);
        foreach (var key in golden.GradientKeys)
            golden.ShouldBeClose($"grad.{key}", sequence.Parameters[backbone.BareKey(key)].Value.grad!);
        backbone.Report.Missing.ShouldBeEmpty();
        backbone.Report.Unexpected.ShouldBeEmpty();
    }
}
