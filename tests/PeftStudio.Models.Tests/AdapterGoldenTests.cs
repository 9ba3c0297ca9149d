using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class AdapterGoldenTests
{
    public static TheoryData<string, string> Cases()
    {
        string[] inAll = ["lora-qv", "lora-all", "adapter-pfeiffer", "adapter-houlsby", "adapter-parallel-scaled"];
        var data = new TheoryData<string, string>();
        foreach (var (model, more) in new[] { ("bert", new[] { "prefix-flat", "bitfit", "ia3", "union", "mam" }), ("roberta", ["prefix-flat", "bitfit", "ia3", "union", "mam"]), ("t5", ["prefix-flat"]), ("t5-v1_1", []), ("bart", ["prefix-flat"]) })
            foreach (var adapter in inAll.Concat(more))
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
        using var tuned = TunedModel.Create(backbone, imported.Plan, ForwardPass.HeadOf(backbone), Golden.Seed);
        imported.CopyTo(tuned.Parameters);
        var (batch, labels) = Golden.Inputs(folder);
        using (batch)
            golden.ShouldBeCloseWithLoss(tuned, tuned.Forward(batch, ForwardContext.Evaluation, tuned.Head.IsLanguageModel ? labels : null), labels);
        var gradients = imported.Gradients(tuned.Parameters).ToDictionary(g => g.Key, g => g.Gradient);
        gradients.Keys.Order(StringComparer.Ordinal).ShouldBe(golden.GradientKeys.Order(StringComparer.Ordinal));
        foreach (var (key, gradient) in gradients)
            golden.ShouldBeClose($"grad.{key}", gradient);
        tuned.Parameters.BackboneCount.ShouldBe(Golden.Trainable(files));
    }

    [Theory]
    [InlineData("adapter-pfeiffer", "\"ln_before\": false", "\"ln_before\": true", "ln_before")]
    [InlineData("adapter-pfeiffer", "\"non_linearity\": \"relu\"", "\"non_linearity\": \"leakyrelu\"", "leakyrelu")]
    [InlineData("ia3", "\"r\": 1", "\"r\": 2", "config.r")]
    [InlineData("lora-qv", "\"composition_mode\": \"add\"", "\"composition_mode\": \"sum\"", "composition_mode")]
    public void A_configuration_that_is_not_built_is_refused_by_its_field(string adapter, string from, string to, string field)
    {
        var folder = Folders.RequireShared("goldens", "models", "bert");
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        using var changed = new TempFolder();
        var files = Path.Combine(folder, "peft", adapter);
        var config = File.ReadAllText(Path.Combine(files, "adapter_config.json"));
        config.ShouldContain(from);
        changed.Write("adapter_config.json", config.Replace(from, to, StringComparison.Ordinal));
        File.Copy(Path.Combine(files, "adapter.safetensors"), changed["adapter.safetensors"]);
        Should.Throw<InvalidDataException>(() => AdapterHubFolder.Read(changed.Path, backbone)).Message.ShouldContain(field);
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
