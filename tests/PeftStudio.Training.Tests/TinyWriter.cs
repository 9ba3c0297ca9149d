using System.Text.Json.Nodes;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Search.Samplers;

namespace PeftStudio.Tests;

/// <summary>A tiny random T5 with a unigram tokenizer of whole words, and a task for it: the mood of a sentence, said in three words.</summary>
internal static class TinyWriter
{
    private const int Width = 16, Inner = 32, Heads = 2, Layers = 2, Buckets = 8;

    private static readonly string[] Pieces = ["<pad>", "</s>", "<unk>", "▁good", "▁bad", "▁the", "▁film", "▁was", "▁a", "▁very", "▁day", "▁no", "▁not", "▁it"];

    public static string WriteBackbone(DirectoryInfo root)
    {
        var folder = root.CreateSubdirectory("tiny-t5").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type": "t5", "vocab_size": {{Pieces.Length}}, "d_model": {{Width}}, "d_kv": {{Width / Heads}}, "d_ff": {{Inner}}, "num_layers": {{Layers}}, "num_heads": {{Heads}},
             "relative_attention_num_buckets": {{Buckets}}, "feed_forward_proj": "relu", "tie_word_embeddings": true, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1, "dropout_rate": 0.0}
            """);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer().ToJsonString());
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), Tensors());
        return folder;
    }

    public static string WriteTask(DirectoryInfo root)
    {
        var folder = root.CreateSubdirectory("moods").FullName;
        File.WriteAllText(Path.Combine(folder, "task.json"), """
            {"name": "moods", "files": {"train": "train.jsonl", "dev": "dev.jsonl"}, "columns": {"text": "sentence", "target": "mood"},
             "generation": {"maxTokens": 6, "beams": 2, "prefix": "it was "}, "metrics": ["rouge1", "rougeL"]}
            """);
        Write("train.jsonl", 150, 1);
        Write("dev.jsonl", 40, 2);
        return folder;

        void Write(string file, int rows, int seed)
        {
            var random = Seeds.Stream(seed, 0, "rows");
            File.WriteAllLines(Path.Combine(folder, file), Enumerable.Range(0, rows).Select(_ =>
            {
                var mood = random.Below(2) == 1 ? "good" : "bad";
                var words = Enumerable.Range(0, 2 + random.Below(4)).Select(_ => Pieces[5 + random.Below(Pieces.Length - 5)][1..]).ToList();
                words.Insert(random.Below(words.Count), mood);
                return new JsonObject { ["sentence"] = string.Join(' ', words), ["mood"] = $"a {mood} {(mood == "good" ? "film" : "day")}" }.ToJsonString();
            }));
        }
    }

    private static IEnumerable<SafetensorsTensor> Tensors()
    {
        var random = Seeds.Stream(5, 0, "weights");
        yield return Of("shared.weight", Pieces.Length, Width);
        foreach (var (stack, sites) in new[] { ("encoder", new[] { "SelfAttention" }), ("decoder", ["SelfAttention", "EncDecAttention"]) })
        {
            for (var layer = 0; layer < Layers; layer++)
            {
                var block = $"{stack}.block.{layer}.layer";
                for (var i = 0; i < sites.Length; i++)
                {
                    foreach (var product in new[] { "q", "k", "v", "o" })
                        yield return Of($"{block}.{i}.{sites[i]}.{product}.weight", Width, Width);
                    yield return Of($"{block}.{i}.layer_norm.weight", Width);
                }
                if (layer == 0)
                    yield return Of($"{block}.0.SelfAttention.relative_attention_bias.weight", Buckets, Heads);
                yield return Of($"{block}.{sites.Length}.DenseReluDense.wi.weight", Inner, Width);
                yield return Of($"{block}.{sites.Length}.DenseReluDense.wo.weight", Width, Inner);
                yield return Of($"{block}.{sites.Length}.layer_norm.weight", Width);
            }
            yield return Of($"{stack}.final_layer_norm.weight", Width);
        }

        SafetensorsTensor Of(string key, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] = key.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : (float)(random.Unit() - 0.5);
            return SafetensorsTensor.FromFloats(key, values, shape);
        }
    }

    private static JsonObject Tokenizer()
    {
        JsonObject Text(string id) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = 0 } };
        JsonObject End() => new() { ["SpecialToken"] = new JsonObject { ["id"] = "</s>", ["type_id"] = 0 } };
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. Pieces.Take(3).Index().Select(t => new JsonObject { ["id"] = t.Index, ["content"] = t.Item, ["special"] = true, ["normalized"] = false })]),
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "WhitespaceSplit" }, new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true }),
            },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Text("A"), End()),
                ["pair"] = new JsonArray(Text("A"), End(), Text("B"), End()),
                ["special_tokens"] = new JsonObject { ["</s>"] = new JsonObject { ["id"] = "</s>", ["ids"] = new JsonArray(1), ["tokens"] = new JsonArray("</s>") } },
            },
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 2, ["vocab"] = new JsonArray([.. Pieces.Select(piece => new JsonArray(piece, -1.0))]) },
        };
    }
}
