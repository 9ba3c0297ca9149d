using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tests.Adapters;
using PeftStudio.Formats.Tests.Tokenizers;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Fuzzing;

/// <summary>
/// Whatever is done to the bytes of a real file, reading it succeeds or is refused in the documented way, naming the file and, in a file of keys, the key; it
/// allocates no more than the file warrants, and it ends.
/// </summary>
public sealed class DamagedFilesTests
{
    private static readonly Type[] InvalidData = [typeof(InvalidDataException)];
    private static readonly string Sample = Path.Combine(Folders.Repository, "samples", "backbones", "sample");
    private static readonly SafetensorsTensor[] Tensors =
    [
        SafetensorsTensor.FromFloats("bert.encoder.layer.0.weight", [1, 2, 3, 4, 5, 6], 2, 3),
        SafetensorsTensor.FromFloats("bert.encoder.layer.0.bias", [1, 2], 2),
        new("ids", SafetensorsType.I64, [1], new byte[8]),
    ];

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void WordPiece_tokenizers(string name) => DamagedFile.Json(SmallBert(), name, 1000, ReadTokenizer, InvalidData);

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    public void Unigram_tokenizers(string name) =>
        DamagedFile.Json(new() { ["tokenizer.json"] = Text(SmallUnigram.Json()), ["tokenizer_config.json"] = "{\"pad_token\": {\"content\": \"<pad>\"}}"u8.ToArray() }, name, 1000, ReadTokenizer, InvalidData);

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("special_tokens_map.json")]
    [InlineData("config.json")]
    public void Byte_pair_tokenizers(string name) => DamagedFile.Json(SmallRoberta(), name, 500, ReadTokenizer, InvalidData);

    [Fact]
    public void Byte_pair_tokenizers_in_one_file() => DamagedFile.Json(new() { ["tokenizer.json"] = Text(OneFileRoberta()) }, "tokenizer.json", 1200, ReadTokenizer, InvalidData);

    [Fact]
    public void Merges() => DamagedFile.Bytes(SmallRoberta(), "merges.txt", 500, ReadTokenizer, InvalidData);

    [Fact]
    public void Vocabularies() => DamagedFile.Bytes(new() { ["vocab.txt"] = File.ReadAllBytes(Path.Combine(Sample, "vocab.txt"))[..4000] }, "vocab.txt", 500, ReadTokenizer, InvalidData);

    [Fact]
    public void SentencePiece_models() =>
        DamagedFile.Bytes(new() { ["spiece.model"] = SmallUnigram.Model(), ["tokenizer_config.json"] = "{\"extra_ids\": 2}"u8.ToArray() }, "spiece.model", 1500, ReadTokenizer, InvalidData, bound: 8_000_000);

    [Fact]
    public void T5s_own_model()
    {
        var real = File.ReadAllBytes(Folders.RequireShared("tokenizers", "t5", "spiece.model"));
        DamagedFile.Bytes(new() { ["spiece.model"] = real }, "spiece.model", 40, ReadTokenizer, InvalidData, bound: 64_000_000);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("t5")]
    [InlineData("t5-1.1")]
    [InlineData("bart")]
    public void Backbone_configs(string family) =>
        DamagedFile.Json(new() { ["config.json"] = RealConfigs.Of(family) }, "config.json", 1500, folder => BackboneConfig.FromFolder(folder).Shape(), InvalidData);

    [Fact]
    public void Adapter_manifests() =>
        DamagedFile.Json(new() { ["adapter.json"] = Encoding.UTF8.GetBytes(AdapterJson.Write(SampleManifest.Manifest)) }, "adapter.json", 2500, folder => AdapterFolder.ReadManifest(folder), InvalidData);

    [Theory]
    [InlineData("entailment")]
    [InlineData("similarity")]
    public void Task_definitions(string task) =>
        DamagedFile.Json(
            new() { ["task.json"] = File.ReadAllBytes(Path.Combine(Folders.Repository, "samples", "tasks", task, "task.json")) }, "task.json", 1200,
            folder => TaskJson.ReadFile(Path.Join(folder, "task.json")), [typeof(InvalidTaskException)]);

    [Fact]
    public void Safetensors_headers()
    {
        var real = SafetensorsWriter.ToBytes(Tensors, new Dictionary<string, string> { ["format"] = "pt" });
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(real);
        var damage = new Damage(3);
        DamagedFile.Run(new() { ["model.safetensors"] = real }, "model.safetensors", 2000, ReadTensors, [typeof(SafetensorsException)], keys: false, 1_500_000, _ =>
        {
            var header = damage.OfJson(real[8..(8 + length)]);
            var file = new byte[8 + header.Length + (real.Length - 8 - length)];
            BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
            header.CopyTo(file, 8);
            real.AsSpan(8 + length).CopyTo(file.AsSpan(8 + header.Length));
            return file;
        });
    }

    [Fact]
    public void Safetensors_bytes() =>
        DamagedFile.Bytes(new() { ["model.safetensors"] = SafetensorsWriter.ToBytes(Tensors) }, "model.safetensors", 1500, ReadTensors, [typeof(SafetensorsException)]);

    [Fact]
    public void Safetensors_indexes() =>
        DamagedFile.Json(
            new()
            {
                ["model-1.safetensors"] = SafetensorsWriter.ToBytes(Tensors[..1]),
                ["model-2.safetensors"] = SafetensorsWriter.ToBytes(Tensors[1..]),
                ["model.safetensors.index.json"] = Encoding.UTF8.GetBytes(
                    $$"""{"metadata": {"total_size": 40}, "weight_map": {"{{Tensors[0].Key}}": "model-1.safetensors", "{{Tensors[1].Key}}": "model-2.safetensors", "ids": "model-2.safetensors"} }"""),
            },
            "model.safetensors.index.json", 600, ReadTensors, [typeof(SafetensorsException), typeof(InvalidDataException), typeof(UnsafePathException)], keys: false);

    private static void ReadTokenizer(string folder)
    {
        var row = Tokenizer.FromFolder(folder).Encode("a\u0301ﬁ 😀 q<extra_id_0> [SEP] ab", "the cat\uD800 a");
        row.TypeIds.Length.ShouldBe(row.Ids.Length);
    }

    private static void ReadTensors(string folder)
    {
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        foreach (var entry in checkpoint.Entries)
        {
            using var bytes = checkpoint.Read(entry.Key);
            bytes.Span.Length.ShouldBe((int)entry.ByteLength);
        }
    }

    private static byte[] Text(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    /// <summary>The sample backbone's own files with the first tokens of its vocabulary.</summary>
    private static Dictionary<string, byte[]> SmallBert()
    {
        var json = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Sample, "tokenizer.json"))) as JsonObject ?? [];
        var vocab = json["model"]?["vocab"] as JsonObject ?? [];
        foreach (var name in vocab.Select(t => t.Key).Skip(60).ToArray())
            vocab.Remove(name);
        return new() { ["tokenizer.json"] = Text(json), ["tokenizer_config.json"] = File.ReadAllBytes(Path.Combine(Sample, "tokenizer_config.json")) };
    }

    private static Dictionary<string, byte[]> SmallRoberta() => new()
    {
        ["vocab.json"] = Encoding.UTF8.GetBytes("""{"<s>": 0, "<pad>": 1, "</s>": 2, "Ġ": 3, "a": 4, "b": 5, "Ġb": 6, "Ċ": 7, "ab": 8, "<mask>": 9, "<unk>": 10}"""),
        ["merges.txt"] = Encoding.UTF8.GetBytes("#version: 0.2\nĠ b\na b\n"),
        ["special_tokens_map.json"] = """{"bos_token": "<s>", "mask_token": {"content": "<mask>", "lstrip": true}, "pad_token": "<pad>"}"""u8.ToArray(),
        ["config.json"] = """{"model_type": "bart", "vocab_size": 11}"""u8.ToArray(),
    };

    private static JsonObject OneFileRoberta() => new()
    {
        ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 9, ["content"] = "<mask>", ["lstrip"] = true, ["special"] = true }),
        ["normalizer"] = null,
        ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
        ["post_processor"] = new JsonObject { ["type"] = "RobertaProcessing", ["cls"] = new JsonArray("<s>", 0), ["sep"] = new JsonArray("</s>", 2) },
        ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = JsonNode.Parse(SmallRoberta()["vocab.json"]), ["merges"] = new JsonArray("Ġ b", new JsonArray("a", "b")) },
    };
}
