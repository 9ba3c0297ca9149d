using PeftStudio.Formats.Safetensors;
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
    public void A_configuration_that_is_not_built_is_refused_by_its_field(string adapter, string from, string to, string field) =>
        Should.Throw<InvalidDataException>(() => Changed("bert", adapter, from, to)).Message.ShouldContain(field);

    /// <summary>Of LoRA the scale, alpha / r, would be another too.</summary>
    [Theory]
    [InlineData("bert", "lora-qv", "\"r\": 4", "\"r\": 64", "has shape [4, 32]; its rank is 64 by adapter_config.json")]
    [InlineData("roberta", "union", "\"r\": 4", "\"r\": 2", "has shape [4, 32]; its rank is 2 by adapter_config.json")]
    [InlineData("bert", "adapter-pfeiffer", "\"reduction_factor\": 4", "\"reduction_factor\": 2", "has shape [8, 32]; its bottleneck is 16 by adapter_config.json")]
    [InlineData("bert", "adapter-pfeiffer", "\"reduction_factor\": 4", "\"reduction_factor\": 64", "has shape [8, 32]; its bottleneck is 1 by adapter_config.json")]
    [InlineData("bert", "adapter-pfeiffer", "\"reduction_factor\": 4", "\"reduction_factor\": {\"3\": 8, \"default\": 4}", "output.adapters.x.adapter_down.0.weight': has shape [8, 32]; its bottleneck is 4")]
    [InlineData("bart", "adapter-houlsby", "\"reduction_factor\": 8", "\"reduction_factor\": {\"7\": 4, \"default\": 8}", "decoder.layers.3")]
    public void A_size_that_the_tensors_contradict_is_refused_with_both_numbers(string model, string adapter, string from, string to, string message) =>
        Should.Throw<SafetensorsException>(() => Changed(model, adapter, from, to)).Message.ShouldContain(message);

    [Theory]
    [InlineData("{\"0\": 4, \"1\": 3.9, \"default\": 4.0}")]
    [InlineData("3.7647058823529411")] // 32 / 8.5
    [InlineData("null")] // not said
    public void A_reduction_factor_that_gives_the_tensors_size_is_read(string factor) =>
        Changed("bert", "adapter-pfeiffer", "\"reduction_factor\": 4", $"\"reduction_factor\": {factor}").Plan.Modules.ShouldAllBe(module => module.Size == 8);

    [Fact]
    public void A_map_of_reduction_factors_without_a_layers_is_refused() =>
        Should.Throw<InvalidDataException>(() => Changed("bert", "adapter-pfeiffer", "\"reduction_factor\": 4", "\"reduction_factor\": {\"0\": 4}")).Message
            .ShouldEndWith("'config.reduction_factor.default' is missing");

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

    private static ImportedAdapter Changed(string model, string adapter, string from, string to)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        using var changed = new TempFolder();
        var files = Path.Combine(folder, "peft", adapter);
        var config = File.ReadAllText(Path.Combine(files, "adapter_config.json"));
        config.ShouldContain(from);
        changed.Write("adapter_config.json", config.Replace(from, to, StringComparison.Ordinal));
        File.Copy(Path.Combine(files, "adapter.safetensors"), changed["adapter.safetensors"]);
        return AdapterHubFolder.Read(changed.Path, backbone);
    }
}
