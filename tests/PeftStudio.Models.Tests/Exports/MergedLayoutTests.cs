using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.Exports;

public sealed class MergedLayoutTests
{
    [Theory]
    [InlineData("bert", "", "bert.pooler.dense.weight", "BertForSequenceClassification")]
    [InlineData("bert", "bert.", "classifier.bias", "BertForSequenceClassification")]
    [InlineData("roberta", "", "classifier.out_proj.weight", "RobertaForSequenceClassification")]
    public void A_whole_model_comes_out_whatever_the_checkpoints_keys_are(string model, string wrapper, string key, string architecture)
    {
        using var files = new TinyBackbone(model, wrapper);
        using var folder = new TempFolder();
        File.WriteAllText(Path.Combine(files.Folder, "vocab.txt"), "[PAD]\n");
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|lora|-|bitfit", "MNLI", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"]);
        report.Files.Select(f => f.Path).ShouldBe(["config.json", "model.safetensors", "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py", "vocab.txt"]);
        report.Notes.ShouldNotContain(note => note.Contains("tokenizer", StringComparison.Ordinal));
        using var written = SafetensorsFile.Open(folder["out/model.safetensors"]);
        written.Contains(key).ShouldBeTrue();
        written.Entries.ShouldAllBe(e => e.Key.StartsWith("classifier", StringComparison.Ordinal) || e.Key.StartsWith(model + ".", StringComparison.Ordinal));
        // What no module touches is the backbone's, bit by bit; what one touches is not.
        using var original = SafetensorsCheckpoint.Open(files.Folder);
        written.ReadFloats($"{model}.encoder.layer.2.output.dense.weight").ShouldBe(original.ReadFloats($"{wrapper}encoder.layer.2.output.dense.weight"));
        written.ReadFloats($"{model}.encoder.layer.0.attention.self.query.weight").ShouldNotBe(original.ReadFloats($"{wrapper}encoder.layer.0.attention.self.query.weight"));
        var config = BackboneConfig.FromFolder(folder["out"]);
        config.Labels.ShouldBe(["entailment", "neutral", "contradiction"]);
        config.ProblemType.ShouldBe("single_label_classification");
        using var json = JsonDocument.Parse(File.ReadAllText(folder["out/config.json"]));
        json.RootElement.GetProperty("architectures")[0].GetString().ShouldBe(architecture);
        json.RootElement.GetProperty("num_labels").GetInt32().ShouldBe(3);
    }

    [Fact]
    public void Scores_are_a_regression_and_their_range_is_noted()
    {
        using var files = new TinyBackbone("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "STS-B", folder["own"]);
        var notes = AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"]).Notes;
        notes.ShouldContain("The output is a part of the scores' range: score = 0 + output x 5.");
        notes.ShouldContain(note => note.Contains("no tokenizer files", StringComparison.Ordinal));
        var config = BackboneConfig.FromFolder(folder["out"]);
        (config.ProblemType, config.Labels.Count).ShouldBe(("regression", 1));
    }

    [Fact]
    public void It_does_not_ask_for_its_authors_code_and_says_that_the_backbone_did()
    {
        using var files = new TinyBackbone("bert");
        using var folder = new TempFolder();
        Add(Path.Join(files.Folder, "config.json"), "auto_map", """{"AutoModel": "modeling_own.OwnModel"}""");
        Add(Path.Join(files.Folder, "config.json"), "custom_pipelines", """{"own": {"impl": "pipeline_own.OwnPipeline"}}""");
        File.WriteAllText(Path.Join(files.Folder, "tokenizer_config.json"), """{"do_lower_case": true}""");
        Add(Path.Join(files.Folder, "tokenizer_config.json"), "auto_map", """{"AutoTokenizer": ["tokenization_own.OwnTokenizer", null]}""");
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"]);
        foreach (var file in new[] { "config.json", "tokenizer_config.json" })
        {
            var text = File.ReadAllText(folder[$"out/{file}"]);
            text.ShouldNotContain("own");
            report.Notes.ShouldContain(note => note.StartsWith($"The backbone's {file} asks by 'auto_map' for code", StringComparison.Ordinal));
        }
        report.Notes.ShouldContain(note => note.Contains("'custom_pipelines'", StringComparison.Ordinal));
        JsonNode.Parse(File.ReadAllText(folder["out/tokenizer_config.json"]))?["do_lower_case"]?.GetValue<bool>().ShouldBe(true);
        BackboneConfig.FromFolder(folder["out"]).Ignored.ShouldBeEmpty();

        static void Add(string path, string field, string value)
        {
            var config = JsonNode.Parse(File.ReadAllText(path)).ShouldNotBeNull();
            config[field] = JsonNode.Parse(value);
            File.WriteAllText(path, config.ToJsonString());
        }
    }
}
