using System.Text.Json.Nodes;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>Rules of unigram models that the reference rows do not reach, on a vocabulary of a few pieces, through both files.</summary>
public sealed class UnigramTests
{
    [Theory]
    [InlineData("a", new[] { 7 })]
    [InlineData("ab", new[] { 3, 6 })] // -2 - 4 beats -4 - 3 and -7
    [InlineData("abb", new[] { 3, 6, 5 })] // equal to ▁a bb and found first
    [InlineData("xx", new[] { 3, 16 })] // equal to x x and found first
    [InlineData("aa b", new[] { 7, 4, 3, 5 })]
    [InlineData(" \n a \t ", new[] { 7 })]
    [InlineData("", new int[0])]
    [InlineData(" ", new int[0])]
    [InlineData("qrs a", new[] { 3, 2, 7 })]
    [InlineData("qarq q", new[] { 3, 2, 4, 2, 3, 2 })]
    [InlineData("a😀😁😁b", new[] { 7, 12, 2, 5 })]
    [InlineData("a▁ab▁", new[] { 7, 3, 6, 3 })]
    [InlineData("▁a", new[] { 7 })]
    [InlineData("x\uD800y", new[] { 3, 15, 2 })]
    [InlineData("a<extra_id_0>b<extra_id_1>", new[] { 7, 19, 3, 5, 18 })]
    [InlineData("<unk></s><pad>", new[] { 2, 1, 0 })]
    [InlineData("＜pad＞", new[] { 3, 0 })] // added tokens are sought in the raw text, pieces in the normalised
    [InlineData("ﬁ", new[] { 3, 11 })]
    [InlineData("e\u0301é", new[] { 3, 13, 13 })]
    [InlineData("a\u00A0b", new[] { 7, 3, 5 })]
    [InlineData("a\u200Bb", new[] { 3, 6 })]
    [InlineData("Ａb", new[] { 3, 6 })]
    [InlineData("b\u00A0\u0301b", new[] { 3, 5, 3, 5 })] // a grapheme of four bytes is replaced whole by what its first character becomes
    [InlineData("ﬁ\u0301\u0301", new[] { 3, 11, 17, 17 })] // one of seven bytes goes character by character
    [InlineData("\0", new[] { 3, 2 })]
    public void Pieces_are_those_of_the_best_path(string text, int[] ids)
    {
        using var folder = new TempFolder();
        folder.Write("spiece.model", SmallUnigram.Model());
        folder.Write("tokenizer_config.json", """{"extra_ids": 2}""");
        var model = Tokenizer.FromFolder(folder.Path);
        folder.Write("tokenizer.json", SmallUnigram.Json().ToJsonString());
        var json = Tokenizer.FromFolder(folder.Path);
        json.Encode(text).Ids.ShouldBe([.. ids, 1]);
        model.Encode(text).Ids.ShouldBe([.. ids, 1]);
        model.Hash.ShouldBe(json.Hash);
        json.Encode(text, text).Ids.ShouldBe([.. ids, 1, .. ids, 1]);
        json.Encode(text, text).TypeIds.ShouldAllBe(type => type == 0);
        json.PadId.ShouldBe(0);
    }

    [Theory]
    [InlineData("  b  b ", new[] { 3, 3, 5, 3, 3, 5, 3 })]
    [InlineData("  b  b ", new[] { 3, 5, 3, 5 }, """{"type": "Strip", "strip_left": false, "strip_right": true}""", """{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}""")]
    [InlineData("  b  b ", new[] { 3, 5, 3, 3, 5 }, """{"type": "Strip"}""")]
    public void Without_a_split_each_space_left_is_a_mark(string text, int[] ids, params string[] normalizers)
    {
        var json = SmallUnigram.Json();
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };
        json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. normalizers.Select(n => JsonNode.Parse(n))]) };
        Read(json).Encode(text).Ids.ShouldBe([.. ids, 1]);
    }

    [Theory]
    [InlineData("never", "a b", new[] { 4, 5 })]
    [InlineData("always", "a b", new[] { 7, 3, 5 })]
    public void The_mark_in_front_is_the_files_choice(string scheme, string text, int[] ids)
    {
        var json = SmallUnigram.Json();
        (json["pre_tokenizer"]?["pretokenizers"]?[1] as JsonObject ?? [])["prepend_scheme"] = scheme;
        Read(json).Encode(text).Ids.ShouldBe([.. ids, 1]);
    }

    [Fact]
    public void Any_change_of_rules_changes_the_hash()
    {
        Action<JsonObject>[] changes =
        [
            _ => { },
            json => json.Remove("normalizer"),
            json => json["normalizer"] = new JsonObject { ["type"] = "Strip" },
            json => json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace" },
            json => json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["add_prefix_space"] = false },
            json => (json["model"]?["vocab"]?[4] as JsonArray ?? [])[1] = -3.5,
            json => (json["model"] as JsonObject ?? [])["unk_id"] = 3,
        ];
        changes.Select(change =>
        {
            var json = SmallUnigram.Json();
            change(json);
            return Read(json).Hash;
        }).Distinct(StringComparer.Ordinal).Count().ShouldBe(changes.Length);
    }

    private static Tokenizer Read(JsonObject json)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", json.ToJsonString());
        return Tokenizer.FromFolder(folder.Path);
    }
}
