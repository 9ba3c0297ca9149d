using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>From ids back to texts.</summary>
public sealed class WrittenTextTests
{
    [Fact]
    public void A_byte_level_text_comes_back_as_it_was()
    {
        var tokenizer = Tokenizer.FromFolder(Folders.RequireShared("tokenizers", "roberta-base"));

        var rows = Texts("roberta-base").Where(text => !text.Contains('<', StringComparison.Ordinal)).ToList();
        rows.Count.ShouldBeGreaterThan(100);
        foreach (var text in rows)
            tokenizer.Decode(tokenizer.Encode(text).Ids).ShouldBe(text.TrimStart(' '));
    }

    [Fact]
    public void A_unigram_text_has_the_same_ids_again()
    {
        var tokenizer = Tokenizer.FromFolder(Folders.RequireShared("tokenizers", "t5"));

        var rows = 0;
        foreach (var ids in Texts("t5").Select(text => tokenizer.Encode(text).Ids).Where(ids => ids[..^1].All(id => id > 2)))
        {
            tokenizer.Encode(tokenizer.Decode(ids)).Ids.ShouldBe(ids);
            rows++;
        }
        rows.ShouldBeGreaterThan(100);
        tokenizer.Decode(tokenizer.Encode("summarize: the cat, it's on the mat.").Ids).ShouldBe("summarize: the cat, it's on the mat.");
    }

    [Fact]
    public void Special_tokens_and_ids_beyond_the_vocabulary_leave_nothing()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", SmallUnigram.Json().ToJsonString());

        Tokenizer.FromFolder(folder.Path).Decode([0, 8, 2, 7, 19, 30_000, 1, 0]).ShouldBe("ab a");
    }

    [Fact]
    public void An_added_token_that_is_not_special_is_written()
    {
        using var folder = new TempFolder();
        var json = SmallUnigram.Json();
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 40, ["content"] = "<br>", ["special"] = false, ["normalized"] = false });
        folder.Write("tokenizer.json", json.ToJsonString());

        Tokenizer.FromFolder(folder.Path).Decode([8, 40, 7, 1]).ShouldBe("ab<br> a");
    }

    [Fact]
    public void A_character_that_is_broken_off_is_marked()
    {
        var tokenizer = Tokenizer.FromFolder(Folders.RequireShared("tokenizers", "roberta-base"));
        var ids = tokenizer.Encode("a 😀").Ids;

        tokenizer.Decode(ids[..^2]).ShouldStartWith("a ");
        tokenizer.Decode(ids[..^2]).ShouldEndWith("\uFFFD");
        tokenizer.Decode(ids).ShouldBe("a 😀");
    }

    [Fact]
    public void WordPiece_writes_nothing()
    {
        var tokenizer = Tokenizer.FromFolder(Path.Combine(Folders.Repository, "samples", "backbones", "sample"));

        Should.Throw<NotSupportedException>(() => tokenizer.Decode([5])).Message.ShouldContain("its backbones do not write");
    }

    private static IEnumerable<string> Texts(string name)
    {
        foreach (var line in File.ReadLines(Folders.RequireShared("goldens", "tokenizers", name + ".jsonl"), Encoding.UTF8))
        {
            using var row = JsonDocument.Parse(line);
            yield return row.RootElement.GetProperty("text").GetString() ?? "";
        }
    }
}
