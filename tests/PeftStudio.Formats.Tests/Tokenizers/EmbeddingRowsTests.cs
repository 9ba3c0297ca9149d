using System.Text.Json.Nodes;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class EmbeddingRowsTests
{
    // With the vocab_size of their published checkpoints; T5's has rows that no token asks for.
    [Theory]
    [InlineData("bert-base-uncased", 30522)]
    [InlineData("roberta-base", 50265)]
    [InlineData("t5", 32128)]
    [InlineData("t5", 32100)]
    public void A_published_tokenizer_has_a_row_for_each_token(string name, int rows)
    {
        var folder = Folders.RequireShared("tokenizers", name);
        EmbeddingRows.Check(rows, Tokenizer.FromFolder(folder), folder).ShouldBeEmpty();
        using var json = Alone(folder, "tokenizer.json");
        EmbeddingRows.Check(rows, Tokenizer.FromFolder(json.Path), json.Path).ShouldBeEmpty();
        using var vocabulary = Alone(folder, "vocab.txt", "vocab.json", "merges.txt", "spiece.model");
        EmbeddingRows.Check(rows, Tokenizer.FromFolder(vocabulary.Path), vocabulary.Path).ShouldBeEmpty();
    }

    [Fact]
    public void So_has_the_samples()
    {
        var folder = Path.Combine(Folders.Repository, "samples", "backbones", "sample");
        var rows = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).ShouldNotBeNull()["vocab_size"].ShouldNotBeNull().GetValue<int>();
        EmbeddingRows.Check(rows, Tokenizer.FromFolder(folder), folder).ShouldBeEmpty();
    }

    /// <summary>BART's checkpoints for summaries have the larger vocabulary's tokenizer, and no row for its last token.</summary>
    [Theory]
    [InlineData("roberta-base", 50264, "the tokenizer gives '<mask>' the id 50264, and by config.json (vocab_size) the embedding has 50264 rows, for ids up to 50263. A trial whose texts spell it out fails.")]
    [InlineData("t5", 32094, "the tokenizer gives '<extra_id_5>' the id 32094, '<extra_id_4>' the id 32095, '<extra_id_3>' the id 32096 and 3 more ids up to 32099, and by")]
    public void A_special_token_that_has_none_is_noted(string name, int rows, string note)
    {
        var folder = Folders.RequireShared("tokenizers", name);
        EmbeddingRows.Check(rows, Tokenizer.FromFolder(folder), folder).Single().ShouldStartWith(note);
    }

    [Theory]
    [InlineData("bert-base-uncased", 30521, "the tokenizer gives '##～' the id 30521, and by config.json (vocab_size) the embedding has 30521 rows, for ids up to 30520. Take the tokenizer that")]
    [InlineData("roberta-base", 50000, "and 261 more ids up to 50263, and by")]
    [InlineData("t5", 31999, "' the id 31999, and by")]
    [InlineData("t5", 1, "the tokenizer gives '</s>' the id 1, '<unk>' the id 2, ")]
    public void A_common_token_that_has_none_is_refused(string name, int rows, string message)
    {
        var folder = Folders.RequireShared("tokenizers", name);
        var error = Should.Throw<InvalidDataException>(() => EmbeddingRows.Check(rows, Tokenizer.FromFolder(folder), folder)).Message;
        error.ShouldStartWith(folder + ": the tokenizer gives '");
        error.ShouldContain(message);
    }

    private static TempFolder Alone(string folder, params string[] files)
    {
        var alone = new TempFolder();
        foreach (var file in files.Where(file => File.Exists(Path.Combine(folder, file))))
            alone.Write(file, File.ReadAllBytes(Path.Combine(folder, file)));
        return alone;
    }
}
