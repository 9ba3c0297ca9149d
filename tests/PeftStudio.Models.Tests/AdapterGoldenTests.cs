using System.Text.Json;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class AdapterGoldenTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var model in new[] { "bert", "roberta" })
            foreach (var adapter in new[] { "lora-qv", "lora-all", "adapter-pfeiffer", "prefix-flat", "bitfit", "union" })
                data.Add(model, adapter);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_gradients_are_the_reference_implementations(string model, string adapter)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        var files = Path.Combine(folder, "peft", adapter);
        using var scope = NewDisposeScope();
        using var golden = new Golden(files);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        var imported = AdapterHubFolder.Read(files, backbone);
        using var tuned = TunedModel.Create(backbone, imported.Plan, HeadPlan.Classification(3), Golden.Seed);
        imported.CopyTo(tuned);
        var (batch, labels) = Golden.Inputs(folder);
        using (batch)
        {
            var logits = tuned.Forward(batch, ForwardContext.Evaluation);
            golden.ShouldBeClose("logits", logits);
            var loss = tuned.Head.Loss(logits, labels);
            golden.ShouldBeClose("loss", loss);
            loss.backward();
        }
        var gradients = imported.Gradients(tuned).ToDictionary(g => g.Key, g => g.Gradient);
        gradients.Keys.Order(StringComparer.Ordinal).ShouldBe(golden.GradientKeys.Order(StringComparer.Ordinal));
        foreach (var (key, gradient) in gradients)
            golden.ShouldBeClose($"grad.{key}", gradient);
        tuned.Parameters.BackboneCount.ShouldBe(Trainable(files));
    }

    [Theory]
    [InlineData("adapter-houlsby", "mh_adapter")]
    [InlineData("adapter-parallel-scaled", "is_parallel")]
    [InlineData("ia3", "composition_mode")]
    public void A_configuration_that_is_not_built_is_refused_by_its_field(string adapter, string field)
    {
        var folder = Folders.RequireShared("goldens", "models", "bert");
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        Should.Throw<InvalidDataException>(() => AdapterHubFolder.Read(Path.Combine(folder, "peft", adapter), backbone)).Message.ShouldContain(field);
    }

    private static long Trainable(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return json.RootElement.GetProperty("trainable").GetInt64();
    }
}
