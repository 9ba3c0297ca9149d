using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>Files beside a vocabulary may list more tokens than it has; leaving one out would change ids.</summary>
public sealed class ListedTokensTests
{
    private const string Added = "added_tokens.json";
    private const string Settings = "tokenizer_config.json";
    private const string Map = "special_tokens_map.json";
    private const string NoToken = "which is no special token of the vocabulary: without it texts would get other ids; save the tokenizer as tokenizer.json";

    // As transformers 4 writes them beside a vocabulary.
    [Theory]
    [InlineData("bert", Settings, """{"added_tokens_decoder": {"0": {"content": "[PAD]", "normalized": false, "special": true}, "3": {"content": "[SEP]", "special": true}}, "additional_special_tokens": []}""")]
    [InlineData("bert", Added, """{"[MASK]": 5}""")]
    [InlineData("bert", Added, "{}")]
    [InlineData("roberta", Settings, """{"added_tokens_decoder": {"0": {"content": "<s>", "normalized": true, "special": true}, "9": {"content": "<mask>", "lstrip": true, "special": true}}, "mask_token": "<mask>"}""")]
    [InlineData("bart", Settings, """{"added_tokens_decoder": {"1": {"content": "<pad>", "lstrip": false, "rstrip": false, "single_word": false, "special": true}}}""")]
    [InlineData("t5", Added, """{"<extra_id_0>": 117, "<extra_id_99>": 18}""")]
    [InlineData("t5", Settings, """{"extra_ids": 100, "additional_special_tokens": ["<extra_id_0>", "<extra_id_99>"], "added_tokens_decoder": {"117": {"content": "<extra_id_0>", "lstrip": true, "rstrip": true, "special": true}, "2": {"content": "<unk>", "special": true}}}""")]
    [InlineData("t5", Map, """{"additional_special_tokens": [{"content": "<extra_id_5>", "lstrip": false}], "extra_special_tokens": {"end": "</s>"}}""")]
    public void Special_tokens_of_the_vocabulary_may_be_listed(string architecture, string name, string json)
    {
        using var folder = Everything(architecture);
        var alone = Tokenizer.FromFolder(folder.Path).Hash;
        folder.Write(name, json);
        Tokenizer.FromFolder(folder.Path).Hash.ShouldBe(alone);
    }

    [Theory]
    [InlineData("bert", Added, """{"<new>": 6}""", "'<new>' lists '<new>', " + NoToken)]
    [InlineData("bert", Added, """{"[MASK]": 6}""", "'[MASK]' gives '[MASK]' another id than the vocabulary, 5; save the tokenizer as tokenizer.json")]
    [InlineData("bert", Added, """{"a": 4}""", "'a' lists 'a', " + NoToken)]
    [InlineData("roberta", Settings, """{"added_tokens_decoder": {"11": {"content": "<new>", "special": false}}}""", "'added_tokens_decoder.11' lists '<new>', " + NoToken)]
    [InlineData("roberta", Settings, """{"added_tokens_decoder": {"1": {"content": "<s>"}}}""", "'added_tokens_decoder.1' gives '<s>' another id than the vocabulary, 0")]
    [InlineData("roberta", Settings, """{"added_tokens_decoder": {"x": {"content": "<s>"}}}""", "'added_tokens_decoder.x' gives '<s>' another id")]
    [InlineData("roberta", Settings, """{"added_tokens_decoder": {"0": {"content": "<s>", "rstrip": true}}}""", "'added_tokens_decoder.0' gives '<s>' rules (single_word, lstrip, rstrip, normalized) that")]
    [InlineData("bert", Settings, """{"added_tokens_decoder": {"0": {"content": "[PAD]", "normalized": true}}}""", "'added_tokens_decoder.0' gives '[PAD]' rules")]
    [InlineData("bart", Settings, """{"added_tokens_decoder": {"0": "<s>"}}""", "'added_tokens_decoder.0' must be an object, not a string")]
    [InlineData("t5", Settings, """{"additional_special_tokens": ["<extra_id_0>", "<extra_id_100>"]}""", "'additional_special_tokens' lists '<extra_id_100>', " + NoToken)]
    [InlineData("t5", Added, """{"<extra_id_0>": 18}""", "'<extra_id_0>' gives '<extra_id_0>' another id than the vocabulary, 117")]
    [InlineData("bert", Map, """{"additional_special_tokens": [{"content": "<new>"}]}""", "'additional_special_tokens' lists '<new>', " + NoToken)]
    [InlineData("bert", Settings, """{"extra_special_tokens": {"end": "<new>"}}""", "'extra_special_tokens' lists '<new>', " + NoToken)]
    [InlineData("bert", Settings, """{"additional_special_tokens": [3]}""", "'additional_special_tokens' must hold tokens")]
    public void Any_other_token_is_refused_by_name(string architecture, string name, string json, string message)
    {
        using var folder = Everything(architecture);
        folder.Write(name, json);
        var error = Should.Throw<InvalidDataException>(() => Tokenizer.FromFolder(folder.Path)).Message;
        error.ShouldStartWith($"{folder[name]}: {message}");
    }

    [Fact]
    public void A_tokenizer_json_says_all_of_its_tokens()
    {
        using var folder = Everything("t5");
        folder.Write("tokenizer.json", SmallUnigram.Json().ToJsonString());
        folder.Write(Added, """{"<new>": 500}""");
        Tokenizer.FromFolder(folder.Path).Encode("a").Ids.ShouldBe([7, 1]);
    }

    private static TempFolder Everything(string architecture)
    {
        var folder = new TempFolder();
        folder.Write("config.json", $$"""{"model_type": "{{architecture}}"}""");
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n[MASK]\n");
        folder.Write("vocab.json", """{"<s>": 0, "<pad>": 1, "</s>": 2, "Ġ": 3, "a": 4, "<mask>": 9, "<unk>": 10}""");
        folder.Write("merges.txt", "#version: 0.2\n");
        folder.Write("spiece.model", SmallUnigram.Model());
        return folder;
    }
}
