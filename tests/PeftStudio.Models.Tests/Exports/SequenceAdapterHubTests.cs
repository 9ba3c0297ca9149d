using System.Text.Json.Nodes;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

/// <summary>Adapters of T5 and BART in AdapterHub's layout.</summary>
public sealed class SequenceAdapterHubTests
{
    public static TheoryData<string, string, string> Whole()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var model in new[] { "t5", "t5-1.0", "bart" })
            foreach (var design in new[] { "lora|lora|lora|lora", "adapter|adapter|adapter|adapter", "-|adapter+lora|-|lora", "parallel|scaled-parallel|layernorm|lora+layernorm" })
                data.Add(model, design, "MNLI");
        foreach (var model in new[] { "t5", "t5-1.0", "bart" })
            data.Add(model, "lora-ffn|lora+lora-ffn|-|adapter", "STS-B");
        foreach (var design in new[] { "prefix|prefix|-|prefix", "bitfit|-|bitfit|-", "adapter+bitfit+lora+prefix|-|adapter+lora+prefix|lora", "prefix+scaled-parallel|-|-|-" })
            data.Add("bart", design, "STS-B");
        foreach (var model in new[] { "t5", "bart" })
            data.Add(model, "lora+adapter|-|lora|layernorm", TrainedAdapter.Texts.Name);
        data.Add("t5", "ia3|ia3+adapter|-|lora", "MNLI"); // gated
        return data;
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void What_is_loaded_again_gives_the_adapters_logits(string model, string design, string task)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        report.NotCarried.ShouldBeEmpty();
        report.Comparison.LargestLogit.ShouldBeGreaterThan(0.01);
        report.Files.Any(f => f.Path == "head_config.json").ShouldBe(model == "bart" && task != TrainedAdapter.Texts.Name);
        using var again = LoadedAdapter.Read(folder["out"], backbone);
        SequenceExportTests.ShouldAgree(again.Model, tuned);
    }

    [Theory]
    [InlineData("t5", "lora+prefix|-|-|-", "prefix in the encoder's layer 0 and the decoder's layer 0: AdapterHub counts a prefix of T5 as tokens")]
    [InlineData("t5", "bitfit+lora|-|-|-", "bitfit, 23 tensors from encoder.block.0.layer.0.SelfAttention.q.bias on: T5 has no biases")]
    [InlineData("t5", "-|houlsby|-|-", "houlsby in the decoder's layer 1: behind the attention to the encoder AdapterHub has bottlenecks by a switch")]
    [InlineData("bart", "-|-|houlsby|-", "houlsby in the decoder's layer 2: behind the attention to the encoder AdapterHub has bottlenecks by a switch")]
    [InlineData("t5", "ia3+lora-ffn|-|-|-", "lora-ffn in the encoder's layer 0 and the decoder's layer 0: AdapterHub has one place for it, and 'ia3' is there")]
    [InlineData("t5-1.0", "-|-|ia3|-", "ia3 in the encoder's layer 2 and the decoder's layer 2: AdapterHub's (IA)3 multiplies before the activation")]
    [InlineData("bart", "-|-|-|ia3", "ia3 in the encoder's layer 3 and the decoder's layer 3: AdapterHub's (IA)3 multiplies before the activation")]
    public void What_is_not_carried_over_is_listed_and_its_effect_measured(string model, string design, string part)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        report.NotCarried.ShouldHaveSingleItem().ShouldStartWith(part);
        report.Comparison.LargestDifferenceToWhole.ShouldBeGreaterThan(1e-3);
    }

    [Fact]
    public void Stacks_of_other_sizes_are_adapters_of_their_own_and_layers_are_counted_through()
    {
        using var files = new TinyModel("bart");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var (design, sizes) = MethodCases.Parse("-|lora+prefix|-|-", backbone.Shape);
        var other = sizes with { Sizes = sizes.Sizes.Select(size => size.Stack == "decoder" ? size with { Size = size.Size + 1 } : size).ToValueList() };
        using var tuned = TrainedAdapter.Write(backbone, design, other, MethodCases.Methods.ToValueList(), "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]).Files.Select(f => f.Path).ShouldBe(
        [
            "g2/adapter.safetensors", "g2/adapter_config.json", "g2_2/adapter.safetensors", "g2_2/adapter_config.json", "head_config.json", "model_head.safetensors",
            "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py", "stack.json",
        ]);
        LeftOut("g2").ShouldBe([0, 2, 3, 4, 5, 6, 7]);
        LeftOut("g2_2").ShouldBe([0, 1, 2, 3, 4, 6, 7]);
        using var prefix = SafetensorsFile.Open(folder["out/g2_2/adapter.safetensors"]);
        prefix.Entries.Select(e => e.ToString()).Where(e => e.Contains("prefix", StringComparison.Ordinal)).ShouldBe( // 4 x 2 x 16
            ["model.prefix_tuning.prefix_tunings.g2_2.cross_prefix.control_trans F32[128]", "model.prefix_tuning.prefix_tunings.g2_2.self_prefix.control_trans F32[128]"]);

        int?[] LeftOut(string name) =>
            [.. Parse(folder[$"out/{name}/adapter_config.json"])["config"]?["configs"]?[0]?["leave_out"].ShouldNotBeNull().AsArray().Select(n => n?.GetValue<int>()) ?? []];
    }

    [Theory]
    [InlineData("t5", "RTE", "encoder.block.0.layer.0.SelfAttention.q.loras.RTE.lora_A", "T5ForConditionalGeneration")]
    [InlineData("bart", "RTE", "model.decoder.layers.0.encoder_attn.v_proj.loras.RTE.lora_B", "BartAdapterModel")]
    [InlineData("bart", "headlines", "model.decoder.layers.0.encoder_attn.v_proj.loras.headlines.lora_B", "BartForConditionalGeneration")]
    public void Keys_class_and_version_are_adapters_own(string model, string task, string key, string modelClass)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", task, folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        var calls = modelClass.EndsWith("AdapterModel", StringComparison.Ordinal) ? $"adapters.{modelClass}.from_pretrained(BACKBONE)" : $"transformers.{modelClass}.from_pretrained(BACKBONE); adapters.init(model)";
        report.Notes.ShouldContain(note => note.EndsWith($"model = {calls}; model.load_adapter(\"DIR\", use_safetensors=True, set_active=True).", StringComparison.Ordinal));
        using var weights = SafetensorsFile.Open(folder["out/adapter.safetensors"]);
        weights.Contains(key).ShouldBeTrue();
        var config = Parse(folder["out/adapter_config.json"]);
        (Text(config, "model_class"), Text(config, "model_type"), Text(config, "version")).ShouldBe((modelClass, model, "adapters.1.2.0"));
    }

    [Fact]
    public void A_checkpoints_own_classifier_stands_in_the_way_of_texts_and_the_merged_model_leaves_it_out()
    {
        using var files = new TinySequence("bart", outputs: 3, layers: (4, 4));
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", TrainedAdapter.Texts.Name, folder["own"]);
        foreach (var layout in new[] { ExportLayout.AdapterHub, ExportLayout.Peft })
            Should.Throw<ExportRefusedException>(() => AdapterExport.Write(folder["own"], backbone, layout, folder["out"])).Message.ShouldContain("brings a classification head");
        Directory.Exists(folder["out"]).ShouldBeFalse();
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["merged"]).NotCarried.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"config": {"head_type": "seq2seq_lm", "layers": 1}, "name": "RTE"}""")]
    [InlineData("""{"config": null, "name": null, "model_class": "T5ForConditionalGeneration"}""")]
    public void A_head_beside_a_t5_adapter_is_left_and_said(string head)
    {
        using var files = new TinyModel("t5");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]);
        folder.Write("out/head_config.json", head);
        folder.Write("out/model_head.safetensors", SafetensorsWriter.ToBytes([SafetensorsTensor.FromFloats("lm_head.weight", new float[4], 1, 4)]));
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Notes.ShouldContain("the prediction head in head_config.json is not read: a T5 writes its answers with the checkpoint's own head; the backbone's own head is used", StringComparer.Ordinal);
        SequenceExportTests.ShouldAgree(read.Model, tuned);
    }

    private static string? Text(JsonObject config, string name) => config[name]?.GetValue<string>();

    private static JsonObject Parse(string path) => JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new InvalidDataException(path);
}
