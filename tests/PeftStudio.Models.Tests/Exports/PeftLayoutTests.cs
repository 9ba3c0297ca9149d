using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.Exports;

public sealed class PeftLayoutTests
{
    [Fact]
    public void Keys_and_configuration_are_pefts()
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|lora|bitfit+lora", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]).Files.Select(f => f.Path).ShouldBe(["adapter_config.json", "adapter_model.safetensors", "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py"]);

        var config = Parse(folder["out/adapter_config.json"]);
        (Text(config, "peft_type"), Text(config, "task_type"), Text(config, "bias"), Text(config, "base_model_name_or_path")).ShouldBe(("LORA", "SEQ_CLS", "all", "tiny"));
        (config["r"]?.GetValue<int>(), config["lora_alpha"]?.GetValue<int>()).ShouldBe((2, 4));
        config["rank_pattern"].ShouldNotBeNull().ToJsonString().ShouldBe(Patterns("4", "5"));
        config["alpha_pattern"].ShouldNotBeNull().ToJsonString().ShouldBe(Patterns("8", "10"));
        config["modules_to_save"].ShouldNotBeNull().ToJsonString().ShouldBe("[\"classifier\"]");

        using var weights = SafetensorsFile.Open(folder["out/adapter_model.safetensors"]);
        (weights.Metadata["format"], weights.Metadata["peftstudio.layers"]).ShouldBe(("pt", "4"));
        var keys = weights.Entries.Select(e => e.ToString()).ToArray();
        keys.ShouldContain("base_model.model.roberta.encoder.layer.2.attention.self.query.lora_A.weight F32[4, 16]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.2.attention.self.query.lora_B.weight F32[16, 4]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.3.attention.self.query.base_layer.bias F32[16]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.3.attention.self.key.bias F32[16]");
        keys.ShouldContain("base_model.model.roberta.encoder.layer.3.output.LayerNorm.bias F32[16]");
        keys.ShouldContain("base_model.model.classifier.out_proj.weight F32[2, 16]");
        keys.ShouldContain("base_model.model.classifier.dense.weight F32[16, 16]");

        // What PEFT does with the expression: re.fullmatch over the modules' paths.
        var target = new Regex($"^(?:{Text(config, "target_modules")})$", RegexOptions.None, TimeSpan.FromSeconds(1));
        target.IsMatch("roberta.encoder.layer.0.attention.self.query").ShouldBeTrue();
        target.IsMatch("roberta.encoder.layer.1.attention.self.query").ShouldBeFalse();
        target.IsMatch("roberta.encoder.layer.0.attention.self.key").ShouldBeFalse();
        target.IsMatch("roberta.encoder.layer.0.attention.self.query.base_layer").ShouldBeFalse();

        static string Patterns(string third, string fourth) => new JsonObject(new[] { ("2", third), ("3", fourth) }.Select(p =>
            KeyValuePair.Create<string, JsonNode?>($@"encoder\.layer\.({p.Item1})\.(attention\.self\.query|attention\.self\.value)", JsonNode.Parse(p.Item2)))).ToJsonString();
    }

    [Fact]
    public void A_trained_pooler_is_saved_with_the_head_and_biases_alone_get_a_carrier()
    {
        using var files = new TinyModel("bert-bare");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "-|-|bitfit|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]).Notes.ShouldContain(note => note.StartsWith("PEFT has no BitFit", StringComparison.Ordinal));
        Parse(folder["out/adapter_config.json"])["modules_to_save"].ShouldNotBeNull().ToJsonString().ShouldBe("[\"pooler\",\"classifier\"]");
        using var weights = SafetensorsFile.Open(folder["out/adapter_model.safetensors"]);
        weights.ReadFloats("base_model.model.bert.encoder.layer.2.attention.self.query.lora_B.weight").ShouldAllBe(value => value == 0);
        weights.Contains("base_model.model.bert.pooler.dense.weight").ShouldBeTrue();
    }

    /// <summary>What people train with PEFT itself: a list of names, no patterns, and no head.</summary>
    [Fact]
    public void A_list_of_targets_is_read_and_a_missing_head_is_the_backbones()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var random = (string key, long[] shape) => TinyBackbone.Random(key, shape, 3);
        folder.Write("adapter_config.json", """{"peft_type": "LORA", "r": 3, "lora_alpha": 6, "target_modules": ["query", "output.dense"], "unknown": 1}""");
        SafetensorsWriter.Write(folder["adapter_model.safetensors"], Enumerable.Range(0, 4).SelectMany(i => (SafetensorsTensor[])
        [
            random($"base_model.model.bert.encoder.layer.{i}.attention.self.query.lora_A.weight", [3, 16]), random($"base_model.model.bert.encoder.layer.{i}.attention.self.query.lora_B.weight", [16, 3]),
            random($"base_model.model.bert.encoder.layer.{i}.attention.output.dense.lora_A.weight", [3, 16]), random($"base_model.model.bert.encoder.layer.{i}.attention.output.dense.lora_B.weight", [16, 3]),
            random($"base_model.model.bert.encoder.layer.{i}.output.dense.lora_A.weight", [3, 24]), random($"base_model.model.bert.encoder.layer.{i}.output.dense.lora_B.weight", [16, 3]),
        ]));
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        adapter.Model.Plan.Modules.Count.ShouldBe(12);
        adapter.Model.Plan.Modules.ShouldAllBe(m => m.Scale == 2 && m.Size == 3);
        adapter.Model.Head.Outputs.ShouldBe(2);
    }

    [Theory]
    [InlineData("peft_type", "\"PREFIX_TUNING\"", "'peft_type' is 'PREFIX_TUNING'; LORA, IA3 and LN_TUNING are read")]
    [InlineData("use_dora", "true", "'use_dora'")]
    [InlineData("use_rslora", "true", "'use_rslora'")]
    [InlineData("layers_to_transform", "[1]", "'layers_to_transform'")]
    [InlineData("layer_replication", "[[0, 4], [2, 4]]", "'layer_replication' makes another model of the backbone")]
    [InlineData("alora_invocation_tokens", "[1, 2]", "'alora_invocation_tokens' makes another model of the backbone")]
    [InlineData("init_lora_weights", "\"pissa\"", "'init_lora_weights' is 'pissa', with which PEFT changes the backbone's weights")]
    [InlineData("task_type", "\"TOKEN_CLS\"", "'task_type' is 'TOKEN_CLS', and beside it lies base_model.model.classifier.weight")]
    [InlineData("target_modules", "\"(\"", "'target_modules' holds an expression")]
    [InlineData("target_modules", "\"(a)\\\\1\"", "'target_modules' holds an expression")]
    [InlineData("target_modules", "[\"key\"]", "attention.self.key.lora_A.weight")]
    [InlineData("target_modules", "null", "'target_modules' is missing")]
    [InlineData("target_modules", "[]", "belongs to nothing")]
    [InlineData("r", "3", "its rank is 3")]
    [InlineData("rank_pattern", "{\"query\": \"much\"}", "'rank_pattern.query'")]
    public void A_configuration_that_is_not_read_is_refused_by_its_field(string field, string value, string message)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        WriteWith(folder, backbone, field, value);
        Should.Throw<Exception>(() => LoadedAdapter.Read(folder["out"], backbone)).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("init_lora_weights", "true")]
    [InlineData("init_lora_weights", "false")]
    [InlineData("init_lora_weights", "\"gaussian\"")]
    [InlineData("task_type", "null")]
    [InlineData("layer_replication", "null")]
    public void A_configuration_of_the_same_model_is_read(string field, string value)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        WriteWith(folder, backbone, field, value);
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Model.Head.Outputs.ShouldBe(2);
    }

    /// <summary>The adapter in "own" as an export in "out", one field of whose configuration is another.</summary>
    private static void WriteWith(TempFolder folder, Backbone backbone, string field, string value)
    {
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);
        var config = Parse(folder["out/adapter_config.json"]);
        config[field] = JsonNode.Parse(value);
        folder.Write("out/adapter_config.json", config.ToJsonString());
    }

    private static string? Text(JsonObject config, string name) => config[name]?.GetValue<string>();

    private static JsonObject Parse(string path) => JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException(path);
}
