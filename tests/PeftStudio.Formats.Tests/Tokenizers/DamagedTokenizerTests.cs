using System.Text;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class DamagedTokenizerTests
{
    private const string Bert = """
        {"added_tokens": [{"id": 0, "content": "[CLS]", "special": true}], "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 0], "sep": ["[SEP]", 1]},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[CLS]": 0, "[SEP]": 1, "[UNK]": 2}}}
        """;

    private const string Roberta = """
        {"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
        """;

    [Theory]
    [InlineData("model.type", "\"WordLevel\"", "'model.type' is 'WordLevel'")]
    [InlineData("model", null, "'model' is missing")]
    [InlineData("model.vocab", null, "'model.vocab' is missing")]
    [InlineData("model.vocab", "{}", "the vocabulary is empty")]
    [InlineData("model.vocab", "[]", "'model.vocab' must be an object")]
    [InlineData("model.vocab.x", "\"1\"", "'model.vocab.x' is \"1\"; an id")]
    [InlineData("model.vocab.x", "-4", "'x' has the id -4")]
    [InlineData("model.vocab.x", "1", "'[SEP]' and 'x' have one id, 1")]
    [InlineData("model.unk_token", "\"nope\"", "has no 'nope', which is the unknown token")]
    [InlineData("model.max_input_chars_per_word", "0", "'model.max_input_chars_per_word' is 0; a whole number from 1 to 1000 is wanted")]
    [InlineData("model.max_input_chars_per_word", "1001", "'model.max_input_chars_per_word' is 1001; a whole number from 1 to 1000 is wanted")]
    [InlineData("normalizer", "{\"type\": \"NFKC\"}", "'normalizer' must be a BertNormalizer")]
    [InlineData("normalizer.lowercase", "\"yes\"", "'normalizer.lowercase' must be true or false")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\"}", "'pre_tokenizer' must be a BertPreTokenizer")]
    [InlineData("post_processor.type", "\"Magic\"", "'post_processor.type' is 'Magic'")]
    [InlineData("post_processor.cls", "[\"[CLS]\"]", "'post_processor.cls' must be a token and its id")]
    [InlineData("post_processor.cls", "[\"[CLS]\", 1]", "gives [CLS] the id 1, the vocabulary 0")]
    [InlineData("post_processor.cls", "[\"?\", 1]", "'?' is in no vocabulary")]
    [InlineData("post_processor", "{\"type\": \"TemplateProcessing\", \"single\": [], \"pair\": [], \"special_tokens\": {}}", "'post_processor.single' must hold each text once")]
    [InlineData("post_processor", "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"[X]\", \"type_id\": 0}}], \"pair\": [], \"special_tokens\": {}}", "'post_processor.special_tokens.[X]' is missing")]
    [InlineData("added_tokens", "[{\"id\": 5, \"content\": \"[CLS]\"}]", "'added_tokens[0].id' is 5, and the vocabulary gives '[CLS]' the id 0")]
    [InlineData("added_tokens", "[{\"id\": 5}]", "'added_tokens[0].content' is missing")]
    [InlineData("added_tokens", "[7]", "'added_tokens' holds something that is no object, at 0")]
    public void A_damaged_word_piece_file_is_named(string place, string? value, string message) => Refused(Bert, place, value, message);

    [Theory]
    [InlineData("model.merges", "[\"a c\"]", "the merge 'a c' (number 0) needs 'c'")]
    [InlineData("model.merges", "[\"b a\"]", "the merge 'b a' (number 0) needs 'ba'")]
    [InlineData("model.merges", "[\"a b\", [\"a\", \"b\"]]", "stands there twice")]
    [InlineData("model.merges", "[\"ab\"]", "'model.merges' holds \"ab\"")]
    [InlineData("model.merges", "[[\"a\", 1]]", "'model.merges' holds")]
    [InlineData("model.merges", null, "'model.merges' is missing")]
    [InlineData("model.dropout", "0.1", "'model.dropout' is above 0")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "'model.end_of_word_suffix' is set")]
    [InlineData("normalizer", "{\"type\": \"NFC\"}", "'normalizer' must be null")]
    [InlineData("pre_tokenizer", "{\"type\": \"Whitespace\"}", "'pre_tokenizer' must be ByteLevel")]
    [InlineData("pre_tokenizer.use_regex", "false", "'pre_tokenizer.use_regex' is false")]
    public void A_damaged_byte_pair_file_is_named(string place, string? value, string message) => Refused(Roberta, place, value, message);

    /// <summary>A template's ids are the product of its items and of their ids: neither may grow with the file.</summary>
    [Theory]
    [InlineData(8, 2, null)]
    [InlineData(1, 16, null)]
    [InlineData(9, 1, "'post_processor.special_tokens.[X].ids' has more ids than 8")]
    [InlineData(1, 17, "'post_processor.single' adds more special tokens to a row than 16")]
    [InlineData(8, 1_000, "'post_processor.single' adds more special tokens to a row than 16")]
    public void A_template_adds_few_tokens(int ids, int items, string? message)
    {
        const string Text = "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, ";
        var special = string.Join(",", Enumerable.Repeat("{\"SpecialToken\": {\"id\": \"[X]\", \"type_id\": 0}}", items));
        var template = "{\"type\": \"TemplateProcessing\", \"single\": [" + Text + special + "], \"pair\": [" + Text + Text.Replace('A', 'B').TrimEnd(' ', ',')
            + "], \"special_tokens\": {\"[X]\": {\"id\": \"[X]\", \"ids\": [" + string.Join(",", Enumerable.Repeat("1", ids)) + "]}}}";
        if (message is not null)
            Refused(Bert, "post_processor", template, message);
        else
        {
            using var folder = new TempFolder();
            folder.Write("tokenizer.json", Damage.At(JsonNode.Parse(Bert).ShouldBeOfType<JsonObject>(), "post_processor", template));
            Tokenizer.FromFolder(folder.Path).Encode("?").Ids.ShouldBe([2, .. Enumerable.Repeat(1, ids * items)]);
        }
    }

    [Fact]
    public void The_undamaged_files_are_read()
    {
        using var folder = new TempFolder();
        folder.Write("tokenizer.json", Bert);
        Tokenizer.FromFolder(folder.Path).Encode("?").Ids.ShouldBe([0, 2, 1]);
        folder.Write("tokenizer.json", Roberta);
        Tokenizer.FromFolder(folder.Path).Encode("abba").Ids.ShouldBe([2, 1, 0]);
    }

    [Fact]
    public void Damaged_vocabulary_files_are_named()
    {
        using var folder = new TempFolder();
        Message(folder).ShouldContain("holds no tokenizer");
        folder.Write("spiece.model", "x");
        Message(folder).ShouldContain("spiece.model: is not a SentencePiece model");
        folder.Write("merges.txt", "a b\nab\n");
        folder.Write("vocab.json", """{"<s>": 0, "</s>": 1, "<unk>": 2, "a": 3, "b": 4, "ab": 5}""");
        Message(folder).ShouldContain("merges.txt: line 2 is 'ab'");
        folder.Write("vocab.json", """{"a": 3}""");
        Message(folder).ShouldContain("vocab.json: has no '<s>', which is the class token");
        folder.Write("vocab.json", "{");
        Message(folder).ShouldContain("vocab.json: is not valid JSON");
        folder.Write("vocab.txt", [0x61, 0xFF, 0x0A]);
        Message(folder).ShouldContain("vocab.txt: is not UTF-8 at byte 1");
        folder.Write("vocab.txt", "");
        Message(folder).ShouldContain("[CLS]");
        folder.Write("vocab.txt", "[CLS]\n[SEP]\n");
        Message(folder).ShouldContain("has no '[UNK]'");
        folder.Write("tokenizer_config.json", """{"do_basic_tokenize": false}""");
        Message(folder).ShouldContain("'do_basic_tokenize' is false");
        folder.Write("tokenizer_config.json", """{"cls_token": 3}""");
        Message(folder).ShouldContain("'cls_token' must be an object");
    }

    private static string Message(TempFolder folder) => Should.Throw<InvalidDataException>(() => Tokenizer.FromFolder(folder.Path)).Message;

    private static void Refused(string json, string place, string? value, string message) =>
        Damage.ShouldBeRefused("tokenizer.json", Encoding.UTF8.GetBytes(Damage.At(JsonNode.Parse(json).ShouldBeOfType<JsonObject>(), place, value)), message);
}
