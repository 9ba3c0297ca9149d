using System.Text.Json;
using PeftStudio.Training.Bench;

namespace PeftStudio.Tests;

/// <summary>A tiny random T5 and a tiny random BART with tokenizers for the rows of <see cref="TinyAssets"/>.</summary>
internal static class TinySequences
{
    private static readonly string[] Words = ["good", "bad", "the", "film", "was", "a", "very", "day", "no", "not", "it", "opinions", "scores", "sentence", "0", "1", "2", "3", "4", "5"];

    /// <param name="modelType">t5 or bart.</param>
    /// <returns>its folder, with two layers a stack unless said otherwise</returns>
    public static string Write(DirectoryInfo root, string modelType, int layers = 2)
    {
        var folder = root.CreateSubdirectory("tiny-" + modelType).FullName;
        var vocabulary = modelType == "t5" ? WriteUnigram(folder) : WriteLetters(folder);
        RandomBackbone.Write(folder, modelType == "t5"
            ? $$"""
              {"model_type": "t5", "vocab_size": {{vocabulary}}, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": {{layers}}, "num_decoder_layers": {{layers}}, "num_heads": 2,
               "relative_attention_num_buckets": 8, "feed_forward_proj": "relu", "tie_word_embeddings": true, "initializer_factor": 1}
              """
            : $$"""
              {"model_type": "bart", "vocab_size": {{vocabulary}}, "d_model": 16, "encoder_layers": {{layers}}, "encoder_attention_heads": 2, "encoder_ffn_dim": 32,
               "decoder_layers": {{layers}}, "decoder_attention_heads": 2, "decoder_ffn_dim": 32, "max_position_embeddings": 64, "init_std": 0.2}
              """, seed: 5);
        return folder;
    }

    private static int WriteUnigram(string folder)
    {
        object[][] vocab =
        [
            ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁", -9.0], .. Words.Select(word => new object[] { "▁" + word, -2.0 }),
            .. "0123456789.:".Select(sign => new object[] { sign.ToString(), -3.0 }),
        ];
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), $$$"""
            {"added_tokens": [{"id": 0, "content": "<pad>", "special": true, "normalized": false}, {"id": 1, "content": "</s>", "special": true, "normalized": false},
              {"id": 2, "content": "<unk>", "special": true, "normalized": false}],
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}]},
             "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]} } },
             "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true},
             "model": {"type": "Unigram", "unk_id": 2, "vocab": {{{JsonSerializer.Serialize(vocab)}}} }
            }
            """);
        return vocab.Length;
    }

    // Byte-level pairs: letters, and the first words' own merges, so that a word is one token.
    private static int WriteLetters(string folder)
    {
        var (vocab, merges) = (new List<string> { "<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ" }, new List<string>());
        vocab.AddRange("abcdefghijklmnopqrstuvwxyz0123456789.:".Select(letter => letter.ToString()));
        foreach (var word in Words)
        {
            var whole = "Ġ";
            foreach (var letter in word)
            {
                if (!vocab.Contains(whole + letter))
                {
                    vocab.Add(whole + letter);
                    merges.Add($"{whole} {letter}");
                }
                whole += letter;
            }
        }
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(vocab.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id)));
        File.WriteAllLines(Path.Combine(folder, "merges.txt"), ["#version: 0.2", .. merges]);
        return vocab.Count;
    }
}
