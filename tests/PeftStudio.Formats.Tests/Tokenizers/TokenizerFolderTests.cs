using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>Vocabulary files do not say which special tokens a row gets: the architecture in config.json does.</summary>
public sealed class TokenizerFolderTests
{
    [Theory]
    [InlineData(null, new[] { 2, 4, 3 })]
    [InlineData("{}", new[] { 2, 4, 3 })]
    [InlineData("""{"model_type": "bert"}""", new[] { 2, 4, 3 })]
    [InlineData("""{"model_type": "roberta"}""", new[] { 0, 4, 2 })]
    [InlineData("""{"model_type": "bart"}""", new[] { 0, 4, 2 })]
    [InlineData("""{"model_type": "t5"}""", new[] { 7, 1 })]
    public void The_architecture_decides_over_the_files(string? config, int[] ids)
    {
        using var folder = Everything(config);
        Tokenizer.FromFolder(folder.Path).Encode("a").Ids.ShouldBe(ids);
    }

    [Fact]
    public void Bart_pairs_as_RoBERTa_does()
    {
        using var folder = Everything("""{"model_type": "bart"}""");
        File.Delete(folder["vocab.txt"]);
        var row = Tokenizer.FromFolder(folder.Path).Encode("a <mask>", "a");
        row.Ids.ShouldBe([0, 4, 9, 2, 2, 4, 2]);
        row.TypeIds.ShouldBe(new int[7]);
    }

    [Theory]
    [InlineData("vocab.txt", "spiece.model", "vocab.json and merges.txt are read for roberta and bart")]
    [InlineData("vocab.txt", "vocab.json", "spiece.model is read for t5")]
    public void Files_of_an_architecture_with_other_rules_are_refused(string first, string second, string message)
    {
        using var folder = Everything("""{"model_type": "gpt2"}""");
        File.Delete(folder[first]);
        File.Delete(folder[second]);
        var error = Should.Throw<InvalidDataException>(() => Tokenizer.FromFolder(folder.Path)).Message;
        error.ShouldStartWith(folder["config.json"] + ": 'model_type' is 'gpt2'");
        error.ShouldContain(message);
    }

    [Fact]
    public void A_damaged_config_is_named()
    {
        using var folder = Everything("""{"model_type": 5}""");
        Should.Throw<InvalidDataException>(() => Tokenizer.FromFolder(folder.Path)).Message.ShouldStartWith(folder["config.json"] + ": 'model_type' must be a string");
    }

    private static TempFolder Everything(string? config)
    {
        var folder = new TempFolder();
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
        folder.Write("vocab.json", """{"<s>": 0, "<pad>": 1, "</s>": 2, "Ġ": 3, "a": 4, "<mask>": 9, "<unk>": 10}""");
        folder.Write("merges.txt", "#version: 0.2\n");
        folder.Write("spiece.model", SmallUnigram.Model());
        if (config is not null)
            folder.Write("config.json", config);
        return folder;
    }
}
