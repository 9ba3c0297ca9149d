using PeftStudio.Formats.Safetensors;
using PeftStudio.Search.Samplers;

namespace PeftStudio.Tests;

/// <summary>A tiny random BERT and tiny tasks, written by seed: a trial on them takes a fraction of a second.</summary>
internal static class TinyAssets
{
    private static readonly string[] Words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "the", "film", "was", "a", "very", "day", "no", "not", "it"];

    public static string WriteBackbone(DirectoryInfo root, int layers = 2)
    {
        const int Width = 16, Inner = 32;
        var folder = root.CreateSubdirectory("tiny").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"),
            $$"""{"model_type":"bert","vocab_size":{{Words.Length}},"hidden_size":{{Width}},"num_hidden_layers":{{layers}},"num_attention_heads":2,"intermediate_size":{{Inner}},"hidden_act":"gelu","max_position_embeddings":32,"type_vocab_size":2,"layer_norm_eps":1e-12,"pad_token_id":0}""");
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), Words);
        var random = Seeds.Stream(3, 0, "weights");
        var tensors = new List<SafetensorsTensor>();
        void Add(string key, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] = key.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 : (float)((random.Unit() - 0.5) * 0.5);
            tensors.Add(SafetensorsTensor.FromFloats(key, values, shape));
        }
        Add("bert.embeddings.word_embeddings.weight", Words.Length, Width);
        Add("bert.embeddings.position_embeddings.weight", 32, Width);
        Add("bert.embeddings.token_type_embeddings.weight", 2, Width);
        Add("bert.embeddings.LayerNorm.weight", Width);
        Add("bert.embeddings.LayerNorm.bias", Width);
        for (var layer = 0; layer < layers; layer++)
        {
            foreach (var (name, output, input) in new (string, long, long)[]
            {
                ("attention.self.query", Width, Width), ("attention.self.key", Width, Width), ("attention.self.value", Width, Width),
                ("attention.output.dense", Width, Width), ("intermediate.dense", Inner, Width), ("output.dense", Width, Inner),
            })
            {
                Add($"bert.encoder.layer.{layer}.{name}.weight", output, input);
                Add($"bert.encoder.layer.{layer}.{name}.bias", output);
            }
            foreach (var norm in new[] { "attention.output.LayerNorm", "output.LayerNorm" })
            {
                Add($"bert.encoder.layer.{layer}.{norm}.weight", Width);
                Add($"bert.encoder.layer.{layer}.{norm}.bias", Width);
            }
        }
        Add("bert.pooler.dense.weight", Width, Width);
        Add("bert.pooler.dense.bias", Width);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        return folder;
    }

    // A sentence is good or bad by one word among fillers: a tiny random network can learn that.
    public static string WriteTask(DirectoryInfo root, string name, bool regression)
    {
        var folder = root.CreateSubdirectory(name).FullName;
        File.WriteAllText(Path.Combine(folder, "task.json"), regression
            ? """{"name":"scores","files":{"train":"train.tsv","dev":"dev.tsv"},"columns":{"text":"sentence","label":"label"},"regression":{"min":0,"max":5},"metrics":["pearson","spearman"]}"""
            : """{"name":"opinions","files":{"train":"train.tsv","dev":"dev.tsv"},"columns":{"text":"sentence","label":"label"},"labels":["bad","good"],"metrics":["accuracy"]}""");
        Write("train.tsv", 150, 1);
        Write("dev.tsv", 40, 2);
        return folder;

        void Write(string file, int rows, int seed)
        {
            var random = Seeds.Stream(seed, 0, "rows");
            var lines = Enumerable.Range(0, rows).Select(_ =>
            {
                var good = random.Below(2);
                var words = Enumerable.Range(0, 3 + random.Below(6)).Select(_ => Words[7 + random.Below(Words.Length - 7)]).ToList();
                words.Insert(random.Below(words.Count), good == 1 ? "good" : "bad");
                return $"{string.Join(' ', words)}\t{(regression ? $"{(good * 4) + (random.Below(10) / 10.0)}" : good == 1 ? "good" : "bad")}";
            });
            File.WriteAllLines(Path.Combine(folder, file), ["sentence\tlabel", .. lines.ToArray()]);
        }
    }

    // The mood of a sentence, said in three words: what is to be written.
    public static string WriteTexts(DirectoryInfo root)
    {
        string[] fillers = ["the", "was", "a", "very", "no", "not", "it"];
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
                var (mood, what) = random.Below(2) == 1 ? ("good", "film") : ("bad", "day");
                var words = Enumerable.Range(0, 2 + random.Below(4)).Select(_ => fillers[random.Below(fillers.Length)]).ToList();
                words.Insert(random.Below(words.Count), mood);
                return $$"""{"sentence": "{{string.Join(' ', words)}}", "mood": "a {{mood}} {{what}}"}""";
            }));
        }
    }
}
