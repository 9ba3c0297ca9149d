using System.Text.Json;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class TokenizerGoldenTests
{
    [Theory]
    [InlineData("bert-base-uncased", "tokenizer.json")]
    [InlineData("bert-base-uncased", "vocab.txt")]
    [InlineData("bert-base-uncased", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json")]
    [InlineData("roberta-base", "tokenizer.json")]
    [InlineData("roberta-base", "vocab.json", "merges.txt")]
    [InlineData("t5", "tokenizer.json")]
    [InlineData("t5", "spiece.model")]
    [InlineData("t5", "spiece.model", "tokenizer_config.json")]
    public void Every_row_gets_the_reference_ids(string name, params string[] files)
    {
        var goldens = Folders.RequireShared("goldens", "tokenizers", name + ".jsonl");
        var tokenizer = Load(name, files);
        var (rows, wrong) = (0, new List<string>());
        foreach (var line in File.ReadLines(goldens))
        {
            using var row = JsonDocument.Parse(line);
            var (text, pair) = (row.RootElement.GetProperty("text").GetString() ?? "", row.RootElement.GetProperty("pair").GetString());
            int? maxLength = row.RootElement.GetProperty("max_length").ValueKind == JsonValueKind.Null ? null : row.RootElement.GetProperty("max_length").GetInt32();
            var encoded = tokenizer.Encode(text, pair, maxLength);
            if (!encoded.Ids.SequenceEqual(Numbers(row, "ids")) || !encoded.TypeIds.SequenceEqual(Numbers(row, "type_ids")))
                wrong.Add($"{text} | {pair} | {maxLength}: {string.Join(",", encoded.Ids)}");
            rows++;
        }
        wrong.ShouldBeEmpty();
        rows.ShouldBeGreaterThan(400);
    }

    [Theory]
    [InlineData("bert-base-uncased", "vocab.txt")]
    [InlineData("roberta-base", "vocab.json", "merges.txt")]
    [InlineData("t5", "spiece.model")]
    public void The_hash_knows_the_tokenizer_not_the_form_of_its_files(string name, params string[] files)
    {
        Load(name, files).Hash.ShouldBe(Load(name, "tokenizer.json").Hash);
        Load(name, files).Hash.ShouldMatch("^[0-9a-f]{64}$");
    }

    [Fact]
    public void The_sample_tokenizer_reads_both_ways_alike()
    {
        var folder = Folders.RequireShared("backbones", "sample");
        using var vocabulary = Copy(folder, ["vocab.txt", "tokenizer_config.json"]);
        var (json, vocab) = (Tokenizer.FromFolder(folder), Tokenizer.FromFolder(vocabulary.Path));
        vocab.Hash.ShouldBe(json.Hash);
        json.PadId.ShouldBe(0);
        json.Encode("a b", "c").Ids.ShouldBe(vocab.Encode("a b", "c").Ids);
    }

    private static Tokenizer Load(string name, params string[] files)
    {
        using var folder = Copy(Folders.RequireShared("tokenizers", name), files);
        return Tokenizer.FromFolder(folder.Path);
    }

    private static TempFolder Copy(string source, string[] files)
    {
        var folder = new TempFolder();
        foreach (var file in files)
            File.Copy(Path.Combine(source, file), folder[file]);
        return folder;
    }

    private static IEnumerable<int> Numbers(JsonDocument row, string name) => row.RootElement.GetProperty(name).EnumerateArray().Select(n => n.GetInt32());
}
