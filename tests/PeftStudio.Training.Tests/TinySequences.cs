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
        var vocabulary = modelType == "t5" ? TinyUnigram.Write(folder, Words, "0123456789.:") : WriteLetters(folder);
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
