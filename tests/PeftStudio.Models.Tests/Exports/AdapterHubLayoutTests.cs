using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

public sealed class AdapterHubLayoutTests
{
    public static TheoryData<string, string> Goldens()
    {
        var data = new TheoryData<string, string>();
        foreach (var model in new[] { "bert", "roberta" })
            foreach (var adapter in new[] { "lora-qv", "adapter-pfeiffer", "adapter-houlsby", "adapter-parallel-scaled", "prefix-flat", "ia3", "union", "mam" })
                data.Add(model, adapter);
        // BART's decoder had no LoRA on its feed-forward products in the version that wrote lora-all.
        foreach (var adapter in new[] { "lora-qv", "adapter-pfeiffer", "adapter-houlsby", "adapter-parallel-scaled", "prefix-flat" })
            data.Add("bart", adapter);
        // The version that wrote T5's other goldens exchanged what an adapter reads there.
        foreach (var model in new[] { "t5", "t5-v1_1" })
            foreach (var adapter in new[] { "lora-qv", "lora-all", "adapter-pfeiffer" })
                data.Add(model, adapter);
        return data;
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void AdapterHubs_own_files_read_and_written_again_are_the_same(string model, string adapter)
    {
        var golden = Folders.RequireShared("goldens", "models", model);
        var files = Path.Combine(golden, "peft", adapter);
        using var folder = new TempFolder();
        using var backbone = Backbone.Load(golden, CPU, Precision.Fp32);
        using (var read = LoadedAdapter.Read(files, backbone))
            new AdapterHubLayout(backbone.Config).Write(new ExportSource(read.Model, backbone.Shape.Stacks.Select(stack => new LayerGrouping([stack.Layers])).ToValueList(), "x", "tiny", ["a", "b", "c"]), folder.Path)
                .ShouldHaveSingleItem().ShouldContain("model.load_adapter(\"DIR\", use_safetensors=True, set_active=True)");

        using (var wanted = SafetensorsFile.Open(Path.Combine(files, "adapter.safetensors")))
        using (var written = SafetensorsFile.Open(folder["adapter.safetensors"]))
        {
            written.Entries.Select(e => e.ToString()).ShouldBe(wanted.Entries.Select(e => e.ToString()));
            foreach (var entry in wanted.Entries)
                written.ReadFloats(entry.Key).ShouldBe(wanted.ReadFloats(entry.Key), entry.Key);
        }
        var (ours, theirs) = (Parse(folder["adapter_config.json"]), Parse(Path.Combine(files, "adapter_config.json")));
        foreach (var name in new[] { "hidden_size", "model_type", "name" })
            JsonNode.DeepEquals(ours[name], theirs[name]).ShouldBeTrue(name);
        // The goldens' version had no dropout of adapters and wrote what phm layers would have.
        Members(ours).Zip(Members(theirs)).ShouldAllBe(pair => Same(pair.First, pair.Second));
        Members(ours).Length.ShouldBe(Members(theirs).Length);
        // To Python 1 and 1.0 are of different types, and `adapters` asks for the type of a scaling.
        foreach (var (own, other) in Members(ours).Zip(Members(theirs)))
            foreach (var (name, value) in own.Where(p => p.Value?.GetValueKind() == JsonValueKind.Number && other.ContainsKey(p.Key)))
                value.ShouldNotBeNull().ToJsonString().ShouldBe(other[name]?.ToJsonString(), name);
    }

    [Theory]
    [InlineData("adapter|-|-|-", "1.0")]
    [InlineData("scaled-parallel|-|-|-", "2.0")]
    public void A_scale_is_a_float_in_the_files_text(string design, string scale)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        var text = File.ReadAllText(folder["out/adapter_config.json"]);
        text.ShouldContain($"\"scaling\": {scale},\n");
        text.ShouldContain("\"dropout\": 0.0,\n");
    }

    [Fact]
    public void Several_sizes_become_an_adapter_for_each_group_and_a_stack()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "adapter+lora|-|lora+prefix|prefix+bitfit", "RTE", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        report.Files.Select(f => f.Path).ShouldBe(
        [
            "biases.safetensors", "g1/adapter.safetensors", "g1/adapter_config.json", "g3/adapter.safetensors", "g3/adapter_config.json", "g4/adapter.safetensors", "g4/adapter_config.json",
            "head_config.json", "model_head.safetensors", "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py", "stack.json",
        ]);
        report.Notes.ShouldContain(note => note.Contains("Stack(\"g1\", \"g3\", \"g4\")", StringComparison.Ordinal));
        report.Notes.ShouldContain(note => note.Contains("biases.safetensors", StringComparison.Ordinal));
        report.Notes.ShouldContain(note => note.EndsWith(
            "model = adapters.BertAdapterModel.from_pretrained(BACKBONE); model.load_adapter(\"DIR/g1\", use_safetensors=True); model.load_adapter(\"DIR/g3\", use_safetensors=True); "
            + "model.load_adapter(\"DIR/g4\", use_safetensors=True); model.load_head(\"DIR\", use_safetensors=True); model.active_adapters = adapters.composition.Stack(\"g1\", \"g3\", \"g4\").",
            StringComparison.Ordinal));
        Parse(folder["out/stack.json"])["stack"].ShouldNotBeNull().AsArray().Select(n => n?.GetValue<string>()).ShouldBe(["g1", "g3", "g4"]);
        var union = Parse(folder["out/g3/adapter_config.json"]);
        union["config"]?["architecture"]?.GetValue<string>().ShouldBe("union");
        foreach (var member in Members(union))
            member["leave_out"].ShouldNotBeNull().AsArray().Select(n => n?.GetValue<int>()).ShouldBe([0, 1, 3]);
        using var prefix = SafetensorsFile.Open(folder["out/g3/adapter.safetensors"]);
        prefix.Entries.Select(e => e.ToString()).ShouldContain("bert.prefix_tuning.prefix_tunings.g3.self_prefix.control_trans F32[128]"); // 4 x 2 x 16
    }

    [Fact]
    public void One_rank_and_several_bottlenecks_are_one_union()
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "adapter|adapter+prefix|adapter+lora|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]).Files.Select(f => f.Path)
            .ShouldBe(["adapter.safetensors", "adapter_config.json", "head_config.json", "model_head.safetensors", "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py"]);
        var config = Parse(folder["out/adapter_config.json"]);
        Members(config).Select(m => m["architecture"]?.GetValue<string>()).ShouldBe([null, null, null, "lora", "prefix_tuning"]);
        // `adapters` makes int(16 // factor) of it: bottlenecks of 2, 3 and 4.
        Members(config)[..3].Select(m => (int)Math.Floor(16 / m["reduction_factor"].ShouldNotBeNull().GetValue<double>())).ShouldBe([2, 3, 4]);
        config["name"]?.GetValue<string>().ShouldBe("RTE");
        var head = Parse(folder["out/head_config.json"])["config"].ShouldNotBeNull();
        (head["layers"]?.GetValue<int>(), head["num_labels"]?.GetValue<int>(), head["use_pooler"]?.GetValue<bool>()).ShouldBe((2, 2, false));
        head["label2id"]?["entailment"]?.GetValue<int>().ShouldBe(0);
    }

    [Theory]
    [InlineData("{\"stack\": []}", "at least one adapter")]
    [InlineData("{\"stack\": [\"g1\", \"g1\"]}", "each once")]
    [InlineData("{\"stack\": [\"g1\", \"g2\"]}", "g2")]
    [InlineData("{\"stack\": [\"../own\"]}", "../own")]
    public void A_stack_that_does_not_name_its_adapters_is_refused(string stack, string message) =>
        Refusal("lora|lora|-|-", folder =>
        {
            Directory.Delete(folder["out/g2"], recursive: true);
            folder.Write("out/stack.json", stack);
        }).ShouldContain(message);

    [Fact]
    public void Two_adapters_of_a_stack_must_not_change_one_place() =>
        Refusal("lora|lora|-|-", folder =>
        {
            Directory.CreateDirectory(folder["out/g7"]);
            foreach (var path in Directory.EnumerateFiles(folder["out/g2"]))
                File.Copy(path, Path.Combine(folder["out/g7"], Path.GetFileName(path)));
            folder.Write("out/stack.json", "{\"stack\": [\"g1\", \"g2\", \"g7\"]}");
        }).ShouldContain("two adapters change encoder.layer.1.attention.self.query.lora");

    [Theory]
    [InlineData("num_labels", "0")]
    [InlineData("layers", "\"two\"")]
    public void A_head_that_contradicts_itself_is_refused_by_its_field(string field, string value) =>
        Refusal("lora|-|-|-", folder => SetOfHead(folder, field, value)).ShouldContain($"'config.{field}'");

    /// <summary>AdapterHub has many kinds of heads, and its default one has two layers and no pooler: what it says of the adapter is still worth reading.</summary>
    [Theory]
    [InlineData("head_type", "\"tagging\"", "its head_type is 'tagging', and 'classification' is read")]
    [InlineData("layers", "2", "it has 2 layers, and for this backbone, which brings its pooler, 1 is read")]
    [InlineData("use_pooler", "false", "its use_pooler is false")]
    [InlineData("bias", "false", "it has no biases")]
    public void An_adapter_whose_head_is_not_built_is_read_without_it(string field, string value, string reason)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        SetOfHead(folder, field, value);
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Notes.ShouldContain($"the prediction head in head_config.json is not read: {reason}; the backbone's own head is used", StringComparer.Ordinal);
        read.Model.Parameters.Parameters.ShouldContain(parameter => parameter.Name.EndsWith("lora.down", StringComparison.Ordinal));
    }

    /// <summary>As `adapters` saves a head of BertForSequenceClassification and its like: without a description, by the names of transformers.</summary>
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("bart")]
    public void A_head_of_transformers_own_class_is_read_by_its_names(string family)
    {
        using var files = new TinyModel(family);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        var head = tuned.Parameters.Parameters.Where(parameter => parameter.Group == ParameterGroups.Head).ToDictionary(parameter => parameter.Name, parameter => parameter.Value.data<float>().ToArray(), StringComparer.Ordinal);
        head.Count.ShouldBe(family == "bert" ? 2 : 4);
        folder.Write("out/head_config.json", """{"config": null, "name": null, "model_class": "AModelForSequenceClassification"}""");
        folder.Write("out/model_head.safetensors", SafetensorsWriter.ToBytes(tuned.Parameters.Parameters.Where(parameter => head.ContainsKey(parameter.Name))
            .Select(parameter => SafetensorsTensor.FromFloats(parameter.Name, head[parameter.Name], [.. parameter.Value.shape]))));
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Notes.ShouldNotContain(note => note.Contains("head", StringComparison.Ordinal));
        read.Model.Head.Outputs.ShouldBe(2);
        foreach (var (name, values) in head)
            read.Model.Parameters[name].Value.data<float>().ToArray().ShouldBe(values);

        var own = SafetensorsTensor.FromFloats(backbone.HeadLayout.Out + ".weight", new float[32], 2, 16);
        folder.Write("out/model_head.safetensors", SafetensorsWriter.ToBytes([own, SafetensorsTensor.FromFloats("lm_head.weight", new float[32], 2, 16)]));
        Should.Throw<SafetensorsException>(() => LoadedAdapter.Read(folder["out"], backbone)).Message.ShouldContain("belongs to no head of this backbone's class");
    }

    /// <summary>As `adapters` saves by default what stands outside the base model: of BartForConditionalGeneration, BertForMaskedLM and their like.</summary>
    [Theory]
    [InlineData("bert", "cls.predictions.bias", "classifier.weight")]
    [InlineData("bart", "final_logits_bias", "classification_head.out_proj.weight")]
    public void A_head_of_a_class_that_does_not_classify_is_left_and_said(string family, string key, string missing)
    {
        using var files = new TinyModel(family);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        folder.Write("out/head_config.json", """{"config": null, "name": null, "model_class": "AModel"}""");
        folder.Write("out/model_head.safetensors", SafetensorsWriter.ToBytes([SafetensorsTensor.FromFloats(key, new float[4], 1, 4)]));
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Notes.ShouldContain($"the prediction head in model_head.safetensors is not read: it has no {missing}, so it classifies nothing; the backbone's own head is used", StringComparer.Ordinal);
        read.Model.Parameters.Parameters.ShouldContain(parameter => parameter.Name.EndsWith("lora.down", StringComparison.Ordinal));
    }

    private static void SetOfHead(TempFolder folder, string field, string value)
    {
        var root = Parse(folder["out/head_config.json"]);
        root["config"].ShouldNotBeNull()[field] = JsonNode.Parse(value);
        folder.Write("out/head_config.json", root.ToJsonString());
    }

    private static string Refusal(string design, Action<TempFolder> damage)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        damage(folder);
        return Should.Throw<Exception>(() => LoadedAdapter.Read(folder["out"], backbone)).Message;
    }

    private static bool Same(JsonObject ours, JsonObject theirs) =>
        ours.Where(p => theirs.ContainsKey(p.Key)).All(p => JsonNode.DeepEquals(p.Value, theirs[p.Key])) && ours.Count(p => theirs.ContainsKey(p.Key)) >= ours.Count - 2;

    private static JsonObject[] Members(JsonObject root)
    {
        var config = root["config"].ShouldNotBeNull().AsObject();
        JsonObject[] members = config["architecture"]?.GetValue<string>() == "union" ? [.. config["configs"].ShouldNotBeNull().AsArray().Select(n => n.ShouldNotBeNull().AsObject())] : [config];
        return [.. members.OrderBy(m => m["architecture"]?.GetValue<string>(), StringComparer.Ordinal)];
    }

    private static JsonObject Parse(string path) => JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException(path);
}
