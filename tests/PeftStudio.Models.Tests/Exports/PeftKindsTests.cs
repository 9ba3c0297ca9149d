using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.Exports;

/// <summary>PEFT's checkpoints that are no LoRA: (IA)3 and layer norm.</summary>
public sealed class PeftKindsTests
{
    [Fact]
    public void Vectors_are_pefts_ia3_with_columns_and_a_row_on_what_the_second_product_reads()
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "ia3|-|ia3+layernorm|vectors", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);

        var config = Parse(folder["out/adapter_config.json"]);
        (Text(config, "peft_type"), Text(config, "task_type")).ShouldBe(("IA3", "SEQ_CLS"));
        Text(config, "feedforward_modules").ShouldBe(@"(.*\.)?(encoder\.layer\.(0|2)\.(output\.dense))");
        Text(config, "target_modules").ShouldBe(
            @"(.*\.)?(encoder\.layer\.(0|2)\.(attention\.self\.key|attention\.self\.value|output\.dense)|encoder\.layer\.(3)\.(attention\.self\.query|attention\.output\.dense|intermediate\.dense|output\.dense))");
        config["modules_to_save"].ShouldNotBeNull().ToJsonString().ShouldBe("[\"classifier\",\"encoder.layer.2.attention.output.LayerNorm\",\"encoder.layer.2.output.LayerNorm\"]");
        config.ContainsKey("r").ShouldBeFalse();

        using var weights = SafetensorsFile.Open(folder["out/adapter_model.safetensors"]);
        var keys = weights.Entries.Select(e => e.ToString()).ToArray();
        keys.ShouldContain("base_model.model.roberta.encoder.layer.0.attention.self.key.ia3_l F32[16, 1]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.0.output.dense.ia3_l F32[1, 24]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.3.output.dense.ia3_l F32[16, 1]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.3.intermediate.dense.ia3_l F32[24, 1]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.2.output.LayerNorm.weight F32[16]");
        keys.ShouldContain("base_model.model.classifier.out_proj.weight F32[2, 16]");

        using var adapter = LoadedAdapter.Read(folder["out"], backbone);
        var rows = TokenisedRows.Read(folder.Write("inputs.json", """{"input_ids": [[1, 2, 3]], "labels": [1]}"""), backbone.Config);
        ForwardPass.Run(backbone, adapter, rows, gradients: true).Where(t => t.Key.StartsWith("grad.", StringComparison.Ordinal))
            .Select(t => $"{t.Key["grad.".Length..]} F32[{string.Join(", ", t.Shape)}]").ShouldBe(keys, ignoreOrder: true);
    }

    [Fact]
    public void Vectors_on_outputs_alone_say_that_no_product_is_fed_through_one()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "-|vectors|-|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);
        Parse(folder["out/adapter_config.json"])["feedforward_modules"].ShouldNotBeNull().ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public void Norms_alone_are_pefts_layer_norm_tuning()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "-|-|layernorm|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]).Notes.ShouldNotContain(note => note.Contains("BitFit", StringComparison.Ordinal));
        var config = Parse(folder["out/adapter_config.json"]);
        Text(config, "peft_type").ShouldBe("LN_TUNING");
        config["target_modules"].ShouldNotBeNull().ToJsonString().ShouldBe("[\"bert.encoder.layer.2.attention.output.LayerNorm\",\"bert.encoder.layer.2.output.LayerNorm\"]");
        config["modules_to_save"].ShouldNotBeNull().ToJsonString().ShouldBe("[\"classifier\"]");
        using var weights = SafetensorsFile.Open(folder["out/adapter_model.safetensors"]);
        weights.Entries.Select(e => e.Key["base_model.model.".Length..]).ShouldBe(
            [
                "bert.encoder.layer.2.attention.output.LayerNorm.ln_tuning_layers.weight", "bert.encoder.layer.2.attention.output.LayerNorm.ln_tuning_layers.bias",
                "bert.encoder.layer.2.output.LayerNorm.ln_tuning_layers.weight", "bert.encoder.layer.2.output.LayerNorm.ln_tuning_layers.bias", "classifier.weight", "classifier.bias",
            ],
            ignoreOrder: true);
        using var adapter = LoadedAdapter.Read(folder["out"], backbone);
        adapter.Model.Plan.Tensors.Select(t => t.Group).ShouldAllBe(group => group == NamedMethods.LayerNorm.Name);
    }

    /// <summary>peft's own defaults for T5 and BART: lists of names, in both stacks and on the attention between them.</summary>
    [Theory]
    [InlineData("t5", """["k", "v", "wo"]""", """["wo"]""", 12 + 20)]
    [InlineData("bart", """["q_proj", "v_proj", "fc2"]""", """["fc2"]""", 12 + 20)]
    public void A_list_of_targets_reaches_both_stacks(string model, string targets, string fed, int count)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        folder.Write("adapter_config.json", $$"""{"peft_type": "IA3", "target_modules": {{targets}}, "feedforward_modules": {{fed}}}""");
        var (wrapper, encoder, decoder) = model == "t5"
            ? ("", new[] { ("layer.0.SelfAttention.k", 12), ("layer.0.SelfAttention.v", 12), ("layer.1.DenseReluDense.wo", -24) },
                new[] { ("layer.0.SelfAttention.k", 12), ("layer.0.SelfAttention.v", 12), ("layer.1.EncDecAttention.k", 12), ("layer.1.EncDecAttention.v", 12), ("layer.2.DenseReluDense.wo", -24) })
            : ("model.", new[] { ("self_attn.q_proj", 16), ("self_attn.v_proj", 16), ("fc2", -24) },
                new[] { ("self_attn.q_proj", 16), ("self_attn.v_proj", 16), ("encoder_attn.q_proj", 16), ("encoder_attn.v_proj", 16), ("fc2", -20) });
        var layers = model == "t5" ? "block" : "layers";
        SafetensorsWriter.Write(folder["adapter_model.safetensors"], Enumerable.Range(0, 4).SelectMany(i =>
            encoder.Select(p => Vector($"{wrapper}encoder.{layers}.{i}.{p.Item1}", p.Item2)).Concat(decoder.Select(p => Vector($"{wrapper}decoder.{layers}.{i}.{p.Item1}", p.Item2)))));
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        adapter.Model.Plan.Modules.Count.ShouldBe(count);
        adapter.Model.Plan.Modules.Count(m => m.Site == ModifiedRepresentation.FeedForwardActivation).ShouldBe(8);
        adapter.Model.Plan.Modules.Count(m => m.IsCross).ShouldBe(8);

        static SafetensorsTensor Vector(string path, int width) => TinyBackbone.Random($"base_model.model.{path}.ia3_l", width < 0 ? [1, -width] : [width, 1], 4);
    }

    [Theory]
    [InlineData("feedforward_modules", "null", "'feedforward_modules' is missing")]
    [InlineData("feedforward_modules", "[]", "has shape [1, 24]; this backbone and design want [16, 1]")]
    [InlineData("feedforward_modules", "[\"output.dense\", \"key\"]", "'feedforward_modules' names bert.encoder.layer.0.attention.self.key")]
    [InlineData("target_modules", "[\"key\"]", "belongs to nothing")]
    [InlineData("target_modules", "[\"query\", \"key\", \"value\", \"output.dense\"]", "attention.self.query.ia3_l")]
    [InlineData("fan_in_fan_out", "true", "'fan_in_fan_out'")]
    [InlineData("peft_type", "\"LORA\"", "lora_A.weight")]
    public void Vectors_that_do_not_fit_their_configuration_are_refused(string field, string value, string message) => Refusal("ia3|-|-|-", field, value).ShouldContain(message);

    [Theory]
    [InlineData("target_modules", "[\"LayerNorm\"]", "embeddings.LayerNorm.ln_tuning_layers.weight")]
    [InlineData("target_modules", "[\"dense\"]", "belongs to nothing")]
    [InlineData("target_modules", "null", "'target_modules' is missing")]
    public void Norms_that_do_not_fit_their_configuration_are_refused(string field, string value, string message) => Refusal("layernorm|-|-|-", field, value).ShouldContain(message);

    private static string Refusal(string design, string field, string value)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);
        var config = Parse(folder["out/adapter_config.json"]);
        config[field] = JsonNode.Parse(value);
        folder.Write("out/adapter_config.json", config.ToJsonString());
        return Should.Throw<Exception>(() => LoadedAdapter.Read(folder["out"], backbone)).Message;
    }

    private static string? Text(JsonObject config, string name) => config[name]?.GetValue<string>();

    private static JsonObject Parse(string path) => JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException(path);
}
