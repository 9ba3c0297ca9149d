using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Training.Batching;
using PeftStudio.Training.Bench;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>Some RoBERTas have one row of types, and a tokenizer.json that gives a second text type 1.</summary>
public sealed class TokenTypesTests : IDisposable
{
    private const string Typed = """{"type": "BertProcessing", "cls": ["<s>", 0], "sep": ["</s>", 2]}""";

    // The same tokens at the same places.
    private const string Untyped = """
        {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}},
          {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]} } }
        """;

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-types-");

    [Fact]
    public void A_backbone_with_one_type_reads_every_token_as_that() => Outputs(types: 1, Typed).ShouldBe(Outputs(types: 1, Untyped));

    [Fact]
    public void A_backbone_with_two_types_knows_the_second_text_by_its_own() => Outputs(types: 2, Typed).ShouldNotBe(Outputs(types: 2, Untyped));

    public void Dispose() => root.Delete(recursive: true);

    // Of a pair of texts, (2).
    private float[] Outputs(int types, string processor)
    {
        var folder = root.CreateSubdirectory(processor == Typed ? "typed" : "untyped").FullName;
        RandomBackbone.Write(folder, $$"""
            {"model_type": "roberta", "vocab_size": 5, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 24,
             "type_vocab_size": {{types}}, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "initializer_range": 0.2, "pad_token_id": 1}
            """, seed: 5);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), $$$"""
            {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "post_processor": {{{processor}}},
             "model": {"type": "BPE", "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "a": 3, "b": 4}, "merges": []} }
            """);
        File.WriteAllText(Path.Combine(folder, "task.json"), """
            {"name": "pairs", "files": {"train": "rows.tsv", "dev": "rows.tsv"}, "columns": {"text": "first", "pair": "second", "label": "label"}, "labels": ["no", "yes"], "metrics": ["accuracy"]}
            """);
        File.WriteAllText(Path.Combine(folder, "rows.tsv"), "first\tsecond\tlabel\nab\tba\tyes\n");
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        var cancel = TestContext.Current.CancellationToken;
        var task = new TokenisedTask(TaskFolder.Open(folder), backbone.Config, Tokenizer.FromFolder(folder), 16, skipBadRows: false);
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Classification(2), new(7, 0));
        return Evaluation.Logits(model, task.Dev(task.DevRows, cancel), cancel);
    }
}
