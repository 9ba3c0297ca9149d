using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

/// <summary>HF PEFT's layout of T5 and BART: what the layout writes is read back.</summary>
public sealed class PeftSequenceTests
{
    public static TheoryData<string, string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var (model, self, cross, fed) in new[]
        {
            ("t5", "encoder.block.3.layer.0.SelfAttention.k", "decoder.block.3.layer.1.EncDecAttention.v", "decoder.block.3.layer.2.DenseReluDense.wo"),
            ("t5-1.0", "encoder.block.3.layer.0.SelfAttention.k", "decoder.block.3.layer.1.EncDecAttention.v", "decoder.block.3.layer.2.DenseReluDense.wo"),
            ("bart", "model.encoder.layers.3.self_attn.k_proj", "model.decoder.layers.3.encoder_attn.v_proj", "model.decoder.layers.3.fc2"),
        })
        {
            data.Add(model, "lora|-|lora+lora-ffn|lora-all", "LORA", $"{self}.lora_A.weight|{cross}.lora_B.weight|{fed}.lora_A.weight");
            data.Add(model, "layernorm|-|layernorm|lora-all", "LORA", $"{self}.lora_A.weight|{cross}.lora_B.weight|{fed}.lora_A.weight");
            data.Add(model, "ia3|-|vectors|ia3+layernorm", "IA3", $"{self}.ia3_l|{cross}.ia3_l|{fed}.ia3_l");
            var norms = model == "bart" ? "model.encoder.layers.3.self_attn_layer_norm|model.decoder.layers.3.encoder_attn_layer_norm" : "encoder.block.3.layer.0.layer_norm|decoder.block.3.layer.1.layer_norm";
            data.Add(model, "-|-|-|layernorm", "LN_TUNING", string.Join('|', norms.Split('|').Select(norm => norm + ".ln_tuning_layers.weight")));
        }
        data.Add("bart", "bitfit|-|lora+bitfit|bitfit", "LORA", "model.decoder.layers.2.encoder_attn.q_proj.base_layer.bias|model.encoder.layers.0.fc1.bias|model.encoder.layers.3.final_layer_norm.bias");
        data.Add("bart", "-|-|-|bitfit", "LORA", "model.encoder.layers.3.self_attn.q_proj.lora_B.weight|model.encoder.layers.3.self_attn.q_proj.base_layer.bias");
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_written_has_the_checkpoints_names_and_is_read_back(string modelType, string design, string kind, string keys)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new TinyModel(modelType);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var head = modelType == "bart" ? HeadPlan.Classification(3) : HeadPlan.LanguageModel;
        using var model = MethodCases.Create(backbone, design, head);
        TrainedAdapter.Disturb(model);
        var layout = new PeftLayout(backbone.Config);
        LeftOutText.Of(model.Plan, layout).ShouldBeEmpty();
        layout.Write(new ExportSource(model, [], "task", "tiny", []), folder.Path).ToArray();

        var config = JsonNode.Parse(File.ReadAllText(folder["adapter_config.json"])).ShouldNotBeNull();
        config["peft_type"].ShouldNotBeNull().GetValue<string>().ShouldBe(kind);
        config["task_type"].ShouldNotBeNull().GetValue<string>().ShouldBe(modelType == "bart" ? "SEQ_CLS" : "SEQ_2_SEQ_LM");
        using (var weights = SafetensorsFile.Open(folder["adapter_model.safetensors"]))
        {
            foreach (var key in keys.Split('|'))
                weights.Contains($"base_model.model.{key}").ShouldBeTrue(key);
            weights.Contains("base_model.model.classification_head.out_proj.weight").ShouldBe(modelType == "bart");
        }

        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        using var batch = TinySequence.Batch();
        var targets = head.IsLanguageModel ? tensor(new long[] { 3, 4, 1, 7, 1, -100 }, [2, 3]) : null;
        var wanted = model.Forward(batch, ForwardContext.Evaluation, targets).data<float>().ToArray();
        adapter.Model.Forward(batch, ForwardContext.Evaluation, targets).data<float>().ToArray().Zip(wanted, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-5f);
        using var plain = TunedModel.Create(backbone, InsertionPlan.Empty, head, new InitialisationSeed(1, 2));
        foreach (var parameter in plain.Parameters.Parameters)
            parameter.Value.copy_(model.Parameters[parameter.Name].Value);
        plain.Forward(batch, ForwardContext.Evaluation, targets).data<float>().ToArray().Zip(wanted, (a, b) => Math.Abs(a - b)).Max().ShouldBeGreaterThan(1e-3f);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void A_ranks_pattern_is_found_by_pefts_rule_before_0_15_and_by_that_from_it_on(string modelType)
    {
        using var files = new TinyModel(modelType);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var (design, sizes) = MethodCases.Parse("lora|lora-all|-|lora", backbone.Shape);
        var other = sizes with { Sizes = sizes.Sizes.Select((size, i) => size with { Size = 1 + (i % 3) }).ToValueList() };
        using var model = TunedModel.Create(backbone, design, other, MethodCases.Methods.ToValueList(), HeadPlan.LanguageModel, new InitialisationSeed(1, 2));
        model.Plan.Modules.Select(m => m.Size).Distinct().Count().ShouldBeGreaterThan(2);
        new PeftLayout(backbone.Config).Write(new ExportSource(model, [], "task", "tiny", []), folder.Path).ToArray();
        var config = JsonNode.Parse(File.ReadAllText(folder["adapter_config.json"])).ShouldNotBeNull();
        foreach (var module in model.Plan.Modules)
        {
            var path = (modelType == "t5" ? "" : "model.") + LayerSites.Of(backbone.Config).Product(module);
            foreach (var rule in new[] { @".*\.{0}$", @"(.*\.)?({0})$" })
            {
                var (rank, alpha) = Found(config, path, rule);
                (rank, alpha).ShouldBe((module.Size, module.Scale * module.Size), $"{path} by {rule}");
            }
        }
    }

    /// <summary>PEFT's look-up: the first expression of both maps that matches from the path's beginning, or the path itself.</summary>
    private static (double Rank, double Alpha) Found(JsonNode config, string path, string rule)
    {
        var (ranks, alphas) = (config["rank_pattern"].ShouldNotBeNull().AsObject(), config["alpha_pattern"].ShouldNotBeNull().AsObject());
        var key = ranks.Concat(alphas).Select(p => p.Key).FirstOrDefault(name => Regex.IsMatch(path, "^" + rule.Replace("{0}", name, StringComparison.Ordinal))) ?? path;
        return ((ranks[key] ?? config["r"]).ShouldNotBeNull().GetValue<double>(), (alphas[key] ?? config["lora_alpha"]).ShouldNotBeNull().GetValue<double>());
    }

    [Fact]
    public void A_bart_that_writes_is_read_as_one_though_the_backbone_has_a_classification_head()
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence("bart", outputs: 3, layers: (4, 4));
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var model = MethodCases.Create(backbone, "lora|-|-|bitfit", HeadPlan.LanguageModel);
        TrainedAdapter.Disturb(model);
        new PeftLayout(backbone.Config).Write(new ExportSource(model, [], "task", "tiny", []), folder.Path).ShouldBeEmpty();
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        adapter.Model.Head.IsLanguageModel.ShouldBeTrue();
        SequenceExportTests.ShouldAgree(adapter.Model, model);
    }

    [Fact]
    public void Biases_that_a_trial_adds_to_t5_are_not_carried_over()
    {
        using var files = new TinyModel("t5");
        using var backbone = files.Load();
        using var model = MethodCases.Create(backbone, "bitfit+ia3|-|-|ia3", HeadPlan.LanguageModel);
        LeftOutText.Of(model.Plan, new PeftLayout(backbone.Config)).Single().ShouldEndWith("PEFT trains the biases that the backbone has, and adds none");
    }

    [Theory]
    [InlineData("bert", "shifts position ids behind it on BERT and RoBERTa")]
    [InlineData("roberta", "shifts position ids behind it on BERT and RoBERTa")]
    [InlineData("t5", "gives T5's encoder none, and its decoder layers' self and cross attention entries of one tensor")]
    [InlineData("bart", "gives BART's encoder none, and its decoder layers' self and cross attention entries of one tensor")]
    public void A_prefix_is_refused_for_what_peft_does_with_it_in_that_family(string modelType, string reason)
    {
        using var files = new TinyModel(modelType);
        using var backbone = files.Load();
        using var model = MethodCases.Create(backbone, "prefix|-|-|lora");
        var sentence = LeftOutText.Of(model.Plan, new PeftLayout(backbone.Config)).Single();
        sentence.ShouldContain($"PEFT has one prefix for all layers, cannot put it beside LoRA, and {reason}");
        sentence.Contains("BERT", StringComparison.Ordinal).ShouldBe(modelType is "bert" or "roberta");
    }
}
