using System.Text.Json;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

/// <summary>Adapters of T5 and BART in other layouts.</summary>
public sealed class SequenceExportTests
{
    // Of the largest logit, or of 1.
    private const double Close = 1e-5;

    public static TheoryData<string, string, string> Mergeable()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var model in new[] { "t5", "t5-1.0", "bart" })
            foreach (var design in new[] { "lora|lora|lora|lora", "-|lora-all|-|-", "ia3|ia3+lora-all|linear|layernorm+lora-ffn", "ia3+layernorm+lora-all+linear+vectors|vectors|-|vectors+lora-ffn", "inputs+lora-all|-|vectors+inputs|inputs" })
                data.Add(model, design, "MNLI");
        data.Add("bart", "bitfit+ia3+lora-all+linear+vectors|vectors|bitfit|vectors+lora-ffn+layernorm", "MNLI");
        data.Add("bart", "bitfit|-|lora|-", "STS-B");
        data.Add("t5", "ia3|-|lora|-", "STS-B");
        return data;
    }

    [Theory]
    [MemberData(nameof(Mergeable))]
    public void A_merged_model_gives_the_adapters_logits(string model, string design, string task)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"]);
        report.NotCarried.ShouldBeEmpty();
        report.Comparison.LargestDifference.ShouldBeLessThanOrEqualTo(Close * Math.Max(1, report.Comparison.LargestLogit));
        report.Comparison.LargestLogit.ShouldBeGreaterThan(0.01);
        report.Notes.ShouldContain(note => note.StartsWith(model == "bart" ? "Rows were tokenised" : "The model writes ", StringComparison.Ordinal));
        using var merged = Backbone.Load(folder["out"], CPU, ScalarType.Float32);
        using var again = TunedModel.Create(merged, InsertionPlan.Empty, ForwardPass.HeadOf(merged), new InitialisationSeed(5, 5));
        again.Head.ShouldBe(tuned.Head);
        ShouldAgree(again, tuned);
    }

    [Theory]
    [InlineData("t5", "lora|-|lora-all|layernorm", "MNLI")]
    [InlineData("t5-1.0", "ia3|-|ia3+layernorm|-", "RTE")]
    [InlineData("t5", "inputs|-|ia3|inputs+layernorm", "RTE")]
    [InlineData("bart", "inputs|ia3|-|inputs", "RTE")]
    [InlineData("bart", "lora+bitfit|-|lora|layernorm", "STS-B")]
    [InlineData("bart", "lora|lora-ffn|-|-", "headlines")]
    public void Pefts_files_give_the_adapters_logits(string model, string design, string task)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]).NotCarried.ShouldBeEmpty();
        using var again = LoadedAdapter.Read(folder["out"], backbone);
        ShouldAgree(again.Model, tuned);
    }

    [Theory]
    [InlineData("t5", "", "lm_head.weight", "T5ForConditionalGeneration")]
    [InlineData("t5-1.0", "transformer.", "decoder.block.3.layer.1.EncDecAttention.v.weight", "T5ForConditionalGeneration")]
    [InlineData("bart", "", "classification_head.out_proj.weight", "BartForSequenceClassification")]
    [InlineData("bart", "model.", "model.decoder.layers.3.encoder_attn.v_proj.bias", "BartForSequenceClassification")]
    public void A_merged_models_keys_are_its_classs(string model, string wrapper, string key, string architecture)
    {
        using var files = new TinySequence(model, wrapper: wrapper, layers: (4, 4));
        using var folder = new TempFolder();
        File.WriteAllText(Path.Combine(files.Folder, "spiece.model"), "pieces");
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "MNLI", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"]).Files.Select(f => f.Path).ShouldBe(["config.json", "model.safetensors", "peftstudio/adapter.json", "peftstudio/adapter.safetensors", "peftstudio/load.py", "spiece.model"]);
        using var written = SafetensorsFile.Open(folder["out/model.safetensors"]);
        written.Contains(key).ShouldBeTrue();
        written.Contains(model == "bart" ? "model.shared.weight" : "shared.weight").ShouldBeTrue();
        // The untouched are the backbone's, bit by bit.
        var (ours, theirs) = model == "bart" ? ("model.", wrapper) : ("", wrapper);
        var attention = model == "bart" ? "encoder.layers.0.self_attn." : "encoder.block.0.layer.0.SelfAttention.";
        var part = model == "bart" ? "_proj.weight" : ".weight";
        using var original = SafetensorsCheckpoint.Open(files.Folder);
        written.ReadFloats($"{ours}{attention}k{part}").ShouldBe(original.ReadFloats($"{theirs}{attention}k{part}"));
        written.ReadFloats($"{ours}{attention}q{part}").ShouldNotBe(original.ReadFloats($"{theirs}{attention}q{part}"));
        using var json = JsonDocument.Parse(File.ReadAllText(folder["out/config.json"]));
        json.RootElement.GetProperty("architectures")[0].GetString().ShouldBe(architecture);
        json.RootElement.TryGetProperty("id2label", out _).ShouldBe(model == "bart");
    }

    [Fact]
    public void A_bart_that_writes_keeps_its_own_head()
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence("bart", wrapper: "model.", outputs: 3, layers: (4, 4));
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, "lora-all|ia3|bitfit|-", HeadPlan.LanguageModel);
        TrainedAdapter.Disturb(tuned);
        new MergedLayout().Write(new ExportSource(tuned, [], "x", "tiny", []), folder.Path).Count().ShouldBe(1);
        using var merged = Backbone.Load(folder.Path, CPU, ScalarType.Float32);
        ForwardPass.HeadOf(merged).IsLanguageModel.ShouldBeTrue();
        using var again = TunedModel.Create(merged, InsertionPlan.Empty, HeadPlan.LanguageModel, new InitialisationSeed(5, 5));
        ShouldAgree(again, tuned);
    }

    [Theory]
    [InlineData("t5", "bitfit+lora|-|-|-", "T5 has no biases")]
    [InlineData("bart", "lora|-|-|prefix", "prefix in the encoder's layer 3 and the decoder's layer 3: a prefix gives the attention more keys")]
    [InlineData("t5", "lora|adapter|-|-", "adapter in the encoder's layer 1 and the decoder's layer 1: a bottleneck is not linear")]
    public void What_no_weight_can_hold_is_refused_with_the_reason(string model, string design, string reason)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        Should.Throw<ExportRefusedException>(() => AdapterExport.Write(folder["own"], backbone, ExportLayout.Merged, folder["out"])).Message.ShouldContain(reason);
        Directory.Exists(folder["out"]).ShouldBeFalse();
    }

    /// <summary>On rows and targets of the test's own.</summary>
    internal static void ShouldAgree(TunedModel found, TunedModel wanted)
    {
        using var batch = TinySequence.Batch();
        var (a, b) = (Logits(found, batch), Logits(wanted, batch));
        a.Length.ShouldBe(b.Length);
        a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max().ShouldBeLessThanOrEqualTo(Close * Math.Max(1, b.Max(value => Math.Abs((double)value))));
    }

    private static float[] Logits(TunedModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        var targets = model.Head.IsLanguageModel ? tensor(new long[] { 30, 12, 7, 2, 41, 2, HeadPlan.IgnoredTarget, HeadPlan.IgnoredTarget }, [2, 4]) : null;
        return model.Forward(batch, ForwardContext.Evaluation, targets).data<float>().ToArray();
    }
}
