using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>Rules that the reference rows do not reach, on vocabularies of a few tokens.</summary>
public sealed class TokenizerRulesTests
{
    private static readonly string[] Bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "i", "##\u0307", "x", "y", "<new>", "word", "!", "e", "é"];

    [Theory]
    [InlineData("ab abb", new[] { 5, 6, 5, 6, 6 })]
    [InlineData("ac", new[] { 1 })]
    [InlineData("a!b", new[] { 5, 13, 1 })]
    [InlineData("a\vb a\u200Bb a\uFFFDb a\0b", new[] { 5, 6, 5, 6, 5, 6, 5, 6 })]
    [InlineData("a\u2028x\u00A0y\u3000a", new[] { 5, 9, 10, 5 })]
    [InlineData("É e\u0301", new[] { 14, 14 })]
    [InlineData("", new int[0])]
    [InlineData("x\uD800y", new[] { 1 })]
    public void Word_pieces(string text, int[] ids)
    {
        using var folder = BertFolder(null);
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe([2, .. ids, 3]);
    }

    [Theory]
    [InlineData("""{"do_lower_case": false}""", "A É é", new[] { 1, 1, 15 })]
    [InlineData("""{"strip_accents": false}""", "É é İ", new[] { 15, 15, 7, 8 })]
    [InlineData("""{"do_lower_case": false, "strip_accents": true}""", "A é", new[] { 1, 14 })]
    [InlineData("""{"cls_token": "x", "sep_token": {"content": "y", "lstrip": false}}""", "a", new[] { 5 }, 9, 10)]
    public void Settings_are_followed(string config, string text, int[] ids, int cls = 2, int sep = 3)
    {
        using var folder = BertFolder(config);
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe([cls, .. ids, sep]);
    }

    [Fact]
    public void Words_above_the_limit_are_unknown()
    {
        using var folder = BertFolder(null);
        var tokenizer = Tokenizer.FromFolder(folder.Path);
        tokenizer.Encode("a" + new string('b', 99)).Ids.Length.ShouldBe(102);
        tokenizer.Encode("a" + new string('b', 100)).Ids.ShouldBe([2, 1, 3]);
    }

    [Theory]
    [InlineData("""{"content": "<new>", "id": 11, "normalized": false}""", "a<new>x", new[] { 5, 11, 9 })]
    [InlineData("""{"content": "<new>", "id": 11, "normalized": false}""", "a<NEW>x", new[] { 5, 1, 1, 1, 9 })]
    [InlineData("""{"content": "<New>", "id": 99, "normalized": true}""", "a<NÉw>x", new[] { 5, 99, 9 })]
    [InlineData("""{"content": "word", "id": 12, "single_word": true, "normalized": false}""", "aword word! Word", new[] { 1, 12, 13, 12 })]
    [InlineData("""{"content": "[ab]", "id": 40, "normalized": false}, {"content": "[ab]c", "id": 41, "normalized": false}""", "a[ab]c[ab]x", new[] { 5, 41, 40, 9 })]
    public void Added_tokens_are_found_first(string added, string text, int[] ids)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", BertJson(added));
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe(ids);
    }

    [Theory]
    [InlineData("a <mask> b", new[] { 4, 9, 6 })]
    [InlineData("a \n<mask>", new[] { 4, 9 })]
    [InlineData("<s><s>", new[] { 0, 0 })]
    public void Byte_pairs_with_special_tokens(string text, int[] ids)
    {
        using var folder = RobertaFolder();
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe([0, .. ids, 2]);
    }

    [Theory]
    [InlineData("true", "abbaa", new[] { 1, 0, 1, 1 })]
    [InlineData("false", "abbaa", new[] { 1, 0, 0, 1, 1 })]
    [InlineData("true", "bb bb", new[] { 0, 2, 0 })]
    [InlineData("true", "éb?b", new[] { 0, 3, 0 })]
    public void Unknown_neighbours_in_a_word_are_one_token_where_the_file_says_so(string fuses, string text, int[] ids)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", BytesJson("", $$""", "unk_token": "<unk>", "fuse_unk": {{fuses}}"""));
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe(ids);
    }

    [Theory]
    [InlineData("\"unk_token\": \"<unk>\"", false)]
    [InlineData("\"unk_token\": null", true)]
    public void A_fused_unknown_token_is_in_the_hash_where_there_is_one(string unknown, bool isSame)
    {
        (BytesHash("", $", {unknown}, \"fuse_unk\": true") == BytesHash("", $", {unknown}, \"fuse_unk\": false")).ShouldBe(isSame);
        BytesHash("", $", {unknown}").ShouldBe(BytesHash("", $", {unknown}, \"fuse_unk\": false"));
    }

    /// <summary>The reference cuts a text at the tokens that are not normalised first, whether there is a normaliser or not.</summary>
    [Theory]
    [InlineData(false, "xaay", new[] { 20, 21, 22 })]
    [InlineData(true, "xaay", new[] { 23, 1, 22 })]
    public void Raw_tokens_are_cut_before_normalised_ones_without_a_normaliser_too(bool normalized, string text, int[] ids)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", BytesJson(Disputed(normalized), ""));
        Tokenizer.FromFolder(folder.Path).Encode(text).Ids.ShouldBe(ids);
    }

    [Fact]
    public void The_hash_knows_the_passes_where_tokens_dispute_a_text()
    {
        BytesHash(Disputed(true), "").ShouldNotBe(BytesHash(Disputed(false), ""));
        string Apart(bool normalized) => $$"""{"content": "<s>", "id": 20, "normalized": false}, {"content": "<mask>", "id": 21, "normalized": {{(normalized ? "true" : "false")}}}""";
        BytesHash(Apart(true), "").ShouldBe(BytesHash(Apart(false), ""));
    }

    [Fact]
    public void A_prefix_space_is_added_where_the_file_says_so()
    {
        using var folder = RobertaFolder();
        folder.Write("tokenizer_config.json", """{"add_prefix_space": true}""");
        Tokenizer.FromFolder(folder.Path).Encode("b").Ids.ShouldBe([0, 6, 2]);
    }

    [Fact]
    public void The_longer_text_is_cut_first()
    {
        var lengths = Gen.Zip(Gen.Choose(0, 30), Gen.Zip(Gen.Choose(0, 30), Gen.Choose(0, 70)));
        Prop.ForAll(lengths.ToArbitrary(), t =>
        {
            var (first, (second, room)) = t;
            var (a, b) = Tokenizer.LongestFirst(first, second, room);
            (a + b).ShouldBe(Math.Min(first + second, room));
            a.ShouldBeLessThanOrEqualTo(first);
            b.ShouldBeLessThanOrEqualTo(second);
            // A text is cut only where it stays at least as long as the other, but for the odd token.
            if (a < first) a.ShouldBeGreaterThanOrEqualTo(b - 1);
            if (b < second) b.ShouldBeGreaterThanOrEqualTo(a - 1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void An_empty_second_text_is_not_none_and_a_limit_below_the_special_tokens_is_refused()
    {
        using var folder = BertFolder(null);
        var tokenizer = Tokenizer.FromFolder(folder.Path);
        tokenizer.Encode("a", "").Ids.ShouldBe([2, 5, 3, 3]);
        tokenizer.Encode("a", "").TypeIds.ShouldBe([0, 0, 0, 1]);
        tokenizer.Encode("a x", "y a", 3).Ids.ShouldBe([2, 3, 3]);
        tokenizer.SpecialTokens(pair: true).ShouldBe(3);
        Should.Throw<ArgumentOutOfRangeException>(() => tokenizer.Encode("a", "x", 2)).Message.ShouldContain("3");
    }

    [Fact]
    public void Any_change_of_rules_changes_the_hash()
    {
        string[] configs = ["{}", """{"do_lower_case": false}""", """{"strip_accents": false}""", """{"tokenize_chinese_chars": false}""", """{"unk_token": "x"}""", """{"sep_token": "x"}"""];
        configs.Select(config =>
        {
            using var folder = BertFolder(config);
            return Tokenizer.FromFolder(folder.Path).Hash;
        }).Distinct(StringComparer.Ordinal).Count().ShouldBe(configs.Length);
    }

    [Fact]
    public async Task Threads_do_not_disturb_each_other()
    {
        using var folder = BertFolder(null);
        var tokenizer = Tokenizer.FromFolder(folder.Path);
        var texts = Enumerable.Range(0, 200).Select(i => $"a{new string('b', i % 7)} x {i % 3}").ToArray();
        var alone = texts.Select(t => Tokenizer.FromFolder(folder.Path).Encode(t).Ids).ToArray();
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => texts.Select(t => tokenizer.Encode(t).Ids).ToArray())));
        foreach (var run in together)
            run.ShouldBe(alone);
    }

    private static TempFolder BertFolder(string? config)
    {
        var folder = new TempFolder();
        folder.Write("vocab.txt", string.Join('\n', Bert) + "\n");
        if (config is not null)
            folder.Write("tokenizer_config.json", config);
        return folder;
    }

    private static string BertJson(string added) => $$"""
        {"added_tokens": [{{added}}], "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {{JsonSerializer.Serialize(Bert.Index().ToDictionary(t => t.Item, t => t.Index))}} } }
        """;

    private static string BytesJson(string added, string more) =>
        $$"""{"added_tokens": [{{added}}], "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "model": {"type": "BPE", "vocab": {"<unk>": 0, "a": 1, "Ġ": 2, "?": 3}, "merges": []{{more}} } }""";

    private static string BytesHash(string added, string more)
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", BytesJson(added, more));
        return Tokenizer.FromFolder(folder.Path).Hash;
    }

    // "xa" comes first in the text, "aa" is raw; both want the first a.
    private static string Disputed(bool normalized) => $$"""
        {"content": "x", "id": 20, "normalized": true}, {"content": "xa", "id": 23, "normalized": {{(normalized ? "false" : "true")}}},
        {"content": "aa", "id": 21, "normalized": {{(normalized ? "true" : "false")}}}, {"content": "y", "id": 22, "normalized": true}
        """;

    private static TempFolder RobertaFolder()
    {
        var folder = new TempFolder();
        folder.Write("vocab.json", """{"<s>": 0, "<pad>": 1, "</s>": 2, "Ġ": 3, "a": 4, "b": 5, "Ġb": 6, "Ċ": 7, "ab": 8, "<mask>": 9, "<unk>": 10}""");
        folder.Write("merges.txt", "#version: 0.2\nĠ b\na b\n");
        return folder;
    }
}
