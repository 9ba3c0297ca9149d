using System.Text.Json;

namespace PeftStudio.Tests;

/// <summary>A T5's tokenizer.json of a few words, each one token; what it lacks is unknown.</summary>
internal static class TinyUnigram
{
    /// <param name="folder">gets the file</param>
    /// <param name="words">with a space before them</param>
    /// <param name="signs">single letters inside words</param>
    /// <returns>how many tokens it has</returns>
    public static int Write(string folder, IEnumerable<string> words, string signs = "")
    {
        object[][] vocabulary =
        [
            ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁", -9.0], .. words.Select(word => new object[] { "▁" + word, -2.0 }),
            .. signs.Select(sign => new object[] { sign.ToString(), -3.0 }),
        ];
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), $$$"""
            {"added_tokens": [{"id": 0, "content": "<pad>", "special": true, "normalized": false}, {"id": 1, "content": "</s>", "special": true, "normalized": false},
              {"id": 2, "content": "<unk>", "special": true, "normalized": false}],
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}]},
             "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]} } },
             "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true},
             "model": {"type": "Unigram", "unk_id": 2, "vocab": {{{JsonSerializer.Serialize(vocabulary)}}} }
            }
            """);
        return vocabulary.Length;
    }
}
