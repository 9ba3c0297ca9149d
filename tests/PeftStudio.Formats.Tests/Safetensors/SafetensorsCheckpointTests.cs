using System.Text;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Safetensors;

public sealed class SafetensorsCheckpointTests
{
    private static readonly SafetensorsTensor[] Wrapped =
    [
        SafetensorsTensor.FromFloats("bert.embeddings.word_embeddings.weight", [1, 2, 3, 4], 2, 2),
        SafetensorsTensor.FromFloats("bert.embeddings.LayerNorm.weight", [5], 1),
        SafetensorsTensor.FromFloats("bert.encoder.layer.0.output.dense.bias", [6, 7], 2),
        SafetensorsTensor.FromFloats("bert.pooler.dense.bias", [8], 1),
        SafetensorsTensor.FromFloats("classifier.bias", [9], 1),
        new("bert.embeddings.position_ids", SafetensorsType.I64, [1, 1], new byte[8]),
    ];

    [Fact]
    public void Bare_wrapped_and_sharded_checkpoints_of_one_backbone_have_one_identity()
    {
        var bare = Wrapped.Where(t => t.Key.StartsWith("bert.e", StringComparison.Ordinal) && !t.Key.EndsWith("ids", StringComparison.Ordinal))
            .Select(t => Renamed(t, t.Key["bert.".Length..].Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal))).ToArray();
        var identity = Identity(f => SafetensorsWriter.Write(f["model.safetensors"], Wrapped));
        identity.Parameters.ShouldBe(7);
        identity.Hash.ShouldMatch("^[0-9a-f]{64}$");
        Identity(f => SafetensorsWriter.Write(f["model.safetensors"], bare)).ShouldBe(identity);
        Identity(f => WriteShards(f, Wrapped[..2], Wrapped[2..])).ShouldBe(identity);
    }

    [Fact]
    public void Any_change_of_the_backbone_changes_its_identity_and_no_change_of_the_head_does()
    {
        var identity = Identity(f => SafetensorsWriter.Write(f["model.safetensors"], Wrapped));
        SafetensorsTensor[][] others =
        [
            [.. Wrapped[..2], SafetensorsTensor.FromFloats(Wrapped[2].Key, [6, 8], 2), .. Wrapped[3..]],
            [.. Wrapped[1..], SafetensorsTensor.FromFloats(Wrapped[0].Key, [1, 2, 3, 4], 4)],
            [.. Wrapped[1..], SafetensorsTensor.FromFloats("bert.embeddings.word_embeddings.weighs", [1, 2, 3, 4], 2, 2)],
            Wrapped[1..],
        ];
        foreach (var other in others)
            Identity(f => SafetensorsWriter.Write(f["model.safetensors"], other)).Hash.ShouldNotBe(identity.Hash);
        Identity(f => SafetensorsWriter.Write(f["model.safetensors"], Wrapped[..3])).ShouldBe(identity);
    }

    [Fact]
    public void The_hash_is_the_documented_encoding()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var (key, shape, values) in new (string, long[], float[])[]
            { ("embeddings.LayerNorm.weight", [1], [5]), ("embeddings.word_embeddings.weight", [2, 2], [1, 2, 3, 4]), ("encoder.layer.0.output.dense.bias", [2], [6, 7]) })
        {
            writer.Write(key.Length);
            writer.Write(key.ToCharArray());
            writer.Write(3);
            writer.Write("F32".ToCharArray());
            writer.Write(shape.Length);
            Array.ForEach(shape, writer.Write);
            writer.Write(4L * values.Length);
            Array.ForEach(values, writer.Write);
        }
        Identity(f => SafetensorsWriter.Write(f["model.safetensors"], Wrapped)).Hash
            .ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.ToArray())));
    }

    [Fact]
    public void Contradictory_checkpoints_are_refused()
    {
        using var folder = new TempFolder();
        Message(folder).ShouldContain("neither model.safetensors nor");
        folder.Write("pytorch_model.bin", "x");
        Message(folder).ShouldContain("pickle");
        SafetensorsWriter.Write(folder["s1.safetensors"], Wrapped[..1]);
        SafetensorsWriter.Write(folder["s2.safetensors"], Wrapped[..1]);
        WriteIndex(folder, (Wrapped[0].Key, "s1.safetensors"), ("gone", "s2.safetensors"));
        Message(folder).ShouldContain("stands in two shards");
        WriteIndex(folder, (Wrapped[0].Key, "s1.safetensors"), ("gone", "s1.safetensors"));
        Message(folder).ShouldMatch("'gone': is missing from s1.safetensors");
        WriteIndex(folder, ("gone", "s1.safetensors"));
        Message(folder).ShouldContain("is not in model.safetensors.index.json");
        WriteIndex(folder, (Wrapped[0].Key, "s3.safetensors"));
        Message(folder).ShouldContain("does not exist");
        folder.Write("model.safetensors.index.json", """{"weight_map": {"a": 3}}""");
        Should.Throw<InvalidDataException>(() => SafetensorsCheckpoint.Open(folder.Path)).Message.ShouldContain("'weight_map.a' must be a string");
        WriteIndex(folder, (Wrapped[0].Key, "../s1.safetensors"));
        Should.Throw<UnsafePathException>(() => SafetensorsCheckpoint.Open(folder.Path));
        SafetensorsWriter.Write(folder["model.safetensors"], [.. Wrapped, Renamed(Wrapped[1], "embeddings.LayerNorm.weight")]);
        using var both = SafetensorsCheckpoint.Open(folder.Path);
        Should.Throw<SafetensorsException>(() => BackboneIdentity.Of(both, "bert")).Message.ShouldContain("names the same parameter");
        Should.Throw<SafetensorsException>(() => BackboneIdentity.Of(Heads(folder), "roberta"));
    }

    [Fact]
    public void A_large_index_is_read_as_it_stands()
    {
        var shards = SafetensorsCheckpoint.ShardNames(Encoding.UTF8.GetBytes(LargeIndex(100_000, shards: 1_000)));
        shards.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 1_000).Select(i => $"{i:D4}.safetensors"));
    }

    [Theory]
    [InlineData(100_001, 2, "model.safetensors.index.json: 'weight_map' names 100001 tensors; at most 100000 are read")]
    [InlineData(1_001, 1_001, "model.safetensors.index.json: 'weight_map' names 1001 files; at most 1000 are read")]
    public void An_index_above_any_published_one_is_refused(int tensors, int files, string message)
    {
        var json = LargeIndex(tensors, files);
        Should.Throw<InvalidDataException>(() => SafetensorsCheckpoint.ShardNames(Encoding.UTF8.GetBytes(json))).Message.ShouldBe(message);
        using var folder = new TempFolder();
        folder.Write("model.safetensors.index.json", json);
        Should.Throw<InvalidDataException>(() => SafetensorsCheckpoint.Open(folder.Path)).Message.ShouldEndWith(message);
    }

    [Theory]
    [InlineData("backbones/sample", 7784640 - 37056)]
    [InlineData("goldens/models/bert", 39424)]
    public void Real_checkpoints_open(string name, long parameters)
    {
        using var checkpoint = SafetensorsCheckpoint.Open(Folders.RequireShared(name));
        BackboneIdentity.Of(checkpoint, "bert").Parameters.ShouldBe(parameters);
        foreach (var entry in checkpoint.Entries)
            checkpoint.ReadFloats(entry.Key).ShouldAllBe(value => float.IsFinite(value));
    }

    private static string LargeIndex(int tensors, int shards) =>
        $$"""{"weight_map": { {{string.Join(",", Enumerable.Range(0, tensors).Select(i => $"\"t{i}\": \"{i % shards:D4}.safetensors\""))}} } }""";

    private static SafetensorsCheckpoint Heads(TempFolder folder)
    {
        SafetensorsWriter.Write(folder["model.safetensors"], Wrapped[4..5]);
        return SafetensorsCheckpoint.Open(folder.Path);
    }

    private static string Message(TempFolder folder) => Should.Throw<SafetensorsException>(() => SafetensorsCheckpoint.Open(folder.Path)).Message;

    private static SafetensorsTensor Renamed(SafetensorsTensor tensor, string key) => new(key, tensor.Type, tensor.Shape, tensor.Bytes);

    private static BackboneIdentity Identity(Action<TempFolder> write)
    {
        using var folder = new TempFolder();
        write(folder);
        using var checkpoint = SafetensorsCheckpoint.Open(folder.Path);
        return BackboneIdentity.Of(checkpoint, "bert");
    }

    private static void WriteShards(TempFolder folder, SafetensorsTensor[] first, SafetensorsTensor[] second)
    {
        SafetensorsWriter.Write(folder["model-00001-of-00002.safetensors"], first);
        SafetensorsWriter.Write(folder["model-00002-of-00002.safetensors"], second);
        WriteIndex(folder, [.. first.Select(t => (t.Key, "model-00001-of-00002.safetensors")), .. second.Select(t => (t.Key, "model-00002-of-00002.safetensors"))]);
    }

    private static void WriteIndex(TempFolder folder, params (string Key, string File)[] map) =>
        folder.Write("model.safetensors.index.json", $$"""{"metadata": {}, "weight_map": { {{string.Join(", ", map.Select(m => $"\"{m.Key}\": \"{m.File}\""))}} } }""");
}
