using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
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
        var head = ForwardPass.HeadOf(backbone);
        using var sequence = TunedModel.Create(backbone, InsertionPlan.Everything(backbone, head), head, Golden.Seed);
        var (batch, labels) = Golden.Inputs(folder);
        var shown = new List<string>();
        using (batch)
        {
            var logits = sequence.Forward(batch, ForwardContext.Evaluation, head.IsLanguageModel ? labels : null, (stack, i, hidden) =>
            {
                shown.Add($"{stack}_hidden_states.{i}");
                golden.ShouldBeClose(shown[^1], hidden);
            });
            golden.ShouldBeClose("logits", logits);
            var loss = sequence.Head.Loss(logits, labels);
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

    public static TheoryData<string, string> Adapters()
    {
        var data = new TheoryData<string, string>();
        foreach (var model in new[] { "t5", "t5-v1_1", "bart" })
            foreach (var adapter in new[] { "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-houlsby", "adapter-parallel-scaled", "prefix-flat" })
                if (model != "t5-v1_1" || adapter != "prefix-flat")
                    data.Add(model, adapter);
        return data;
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void With_an_adapter_logits_loss_and_gradients_are_the_reference_implementations(string model, string adapter)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        var files = Path.Combine(folder, "peft", adapter);
        using var scope = NewDisposeScope();
        using var golden = new Golden(files);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        var imported = AdapterHubFolder.Read(files, backbone);
        using var sequence = TunedModel.Create(backbone, imported.Plan, ForwardPass.HeadOf(backbone), Golden.Seed);
        imported.CopyTo(sequence.Parameters);
        var (batch, labels) = Golden.Inputs(folder);
        using (batch)
        {
            var logits = sequence.Forward(batch, ForwardContext.Evaluation, sequence.Head.IsLanguageModel ? labels : null);
            golden.ShouldBeClose("logits", logits);
            var loss = sequence.Head.Loss(logits, labels);
            golden.ShouldBeClose("loss", loss);
            loss.backward();
        }
        var gradients = imported.Gradients(sequence.Parameters).ToDictionary(g => g.Key, g => g.Gradient);
        gradients.Keys.Order(StringComparer.Ordinal).ShouldBe(golden.GradientKeys.Order(StringComparer.Ordinal));
        foreach (var (key, gradient) in gradients)
            golden.ShouldBeClose($"grad.{key}", gradient);
        sequence.Parameters.BackboneCount.ShouldBe(Golden.Trainable(files));
    }

    [Fact]
    public void Later_versions_hand_t5s_adapters_input_and_output_in_order()
    {
        var folder = Folders.RequireShared("goldens", "models", "t5");
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        using var later = new TempFolder();
        var files = Path.Combine(folder, "peft", "adapter-houlsby");
        File.Copy(Path.Combine(files, "adapter.safetensors"), later["adapter.safetensors"]);
        later.Write("adapter_config.json", File.ReadAllText(Path.Combine(files, "adapter_config.json")).Replace("\"3.1.0\"", "\"adapters.1.2.0\"", StringComparison.Ordinal));
        AdapterHubFolder.Read(files, backbone).Plan.Modules.ShouldAllBe(module => module.Insertion == InsertionForm.Parallel);
        AdapterHubFolder.Read(later.Path, backbone).Plan.Modules.ShouldAllBe(module => module.Insertion == InsertionForm.BeforeResidual);
    }
}
