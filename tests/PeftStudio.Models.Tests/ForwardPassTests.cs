using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class ForwardPassTests
{
    [Theory]
    [InlineData("""{"input_ids": [[1, 2], [3]]}""", "row 1")]
    [InlineData("""{"input_ids": []}""", "no tokens")]
    [InlineData("""{"input_ids": [[1, 50]]}""", "0 to 49")]
    [InlineData("""{"input_ids": [[1, -1]]}""", "-1")]
    [InlineData("""{"input_ids": [[1, 2]], "attention_mask": [[1, 2]]}""", "attention_mask")]
    [InlineData("""{"input_ids": [[1, 2]], "attention_mask": [[1, 1], [1, 1]]}""", "2 rows")]
    [InlineData("""{"input_ids": [[1, 2]], "token_type_ids": [[0, 7]]}""", "token_type_ids")]
    [InlineData("""{"input_ids": [1, 2]}""", "not a list")]
    [InlineData("""{"input_ids": [[1, "2"]]}""", "\"2\"")]
    [InlineData("""{"attention_mask": [[1, 1]]}""", "input_ids")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [0, 1]}""", "2 values for 1 rows")]
    [InlineData("""{"input_ids": [[1, 2]], "labels": [2]}""", "0 to 1")]
    [InlineData("""{"input_ids": [[1, 2]]}""", "labels")]
    [InlineData("""{"input_ids": [[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]]}""", "at most 20")]
    [InlineData("[1]", "not a JSON object")]
    public void Rows_that_do_not_fit_are_refused_by_what_is_wrong(string json, string named)
    {
        using var folder = new TempFolder();
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        var path = folder.Write("inputs.json", json);
        var message = Should.Throw<InvalidDataException>(() => ForwardPass.Run(backbone, null, TokenisedRows.Read(path, backbone.Config), gradients: true)).Message;
        message.ShouldContain(named);
    }

    /// <summary>T5's positions are distances: nothing but the memory would end a row.</summary>
    [Theory]
    [InlineData(50_000, 2, "'input_ids' has rows of 50000 tokens; at most 4096 are read")]
    [InlineData(4_097, 2, "'input_ids' has rows of 4097 tokens; at most 4096 are read")]
    [InlineData(3, 4_097, "'labels' has rows of 4097 tokens; 1 to 4096 are wanted")]
    public void Rows_of_a_backbone_without_positions_have_a_limit_too(int tokens, int targets, string message)
    {
        using var folder = new TempFolder();
        using var files = new TinySequence("t5");
        var config = BackboneConfig.FromFolder(files.Folder);
        string Row(int length) => string.Join(',', Enumerable.Repeat(1, length));
        var path = folder.Write("inputs.json", $$"""{"input_ids": [[{{Row(tokens)}}]], "labels": [[{{Row(targets)}}]]}""");
        Should.Throw<InvalidDataException>(() => TokenisedRows.Read(path, config).Targets(config, CPU)).Message.ShouldBe($"{path}: {message}");
    }

    [Fact]
    public void A_gradient_is_there_for_every_tensor_by_the_checkpoints_key()
    {
        using var folder = new TempFolder();
        using var files = new TinyBackbone("roberta");
        using var backbone = files.Load();
        var rows = TokenisedRows.Read(folder.Write("inputs.json", """{"input_ids": [[1, 2, 3]], "labels": [1]}"""), backbone.Config);
        var keys = ForwardPass.Run(backbone, null, rows, gradients: true).Select(t => t.Key).ToArray();
        keys.ShouldBe(["logits", "loss", .. keys.Skip(2).Where(k => k.StartsWith("grad.", StringComparison.Ordinal))]);
        keys.ShouldContain("grad.roberta.embeddings.word_embeddings.weight");
        keys.ShouldContain("grad.classifier.out_proj.bias");
        keys.Length.ShouldBe(2 + 5 + (4 * 16) + 4);
        ForwardPass.Run(backbone, null, rows, gradients: false).Select(t => t.Key).ShouldBe(["logits", "loss"]);
    }
}
