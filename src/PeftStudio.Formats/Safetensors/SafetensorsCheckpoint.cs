using System.Collections.Frozen;
using System.Collections.Immutable;

namespace PeftStudio.Formats.Safetensors;

/// <summary>The tensors of a folder in the Hugging Face layout: model.safetensors, or shards named by model.safetensors.index.json.</summary>
public sealed class SafetensorsCheckpoint : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";

    // Far above any published index of the families that are read; each shard is a file that stays open.
    private const int MostTensors = 100_000;
    private const int MostShards = 1_000;

    private readonly ImmutableArray<SafetensorsFile> files;
    private readonly FrozenDictionary<string, SafetensorsFile> fileOf;

    private SafetensorsCheckpoint(string folder, string path, ImmutableArray<SafetensorsFile> files)
    {
        (Folder, Path, this.files) = (folder, path, files);
        Entries = [.. files.SelectMany(f => f.Entries).OrderBy(e => e.Key, StringComparer.Ordinal)];
        fileOf = files.SelectMany(f => f.Entries, (file, entry) => (file, entry.Key)).ToFrozenDictionary(p => p.Key, p => p.file, StringComparer.Ordinal);
    }

    public string Folder { get; }

    /// <summary>Of the file that says which tensors there are: the only one, or the index.</summary>
    public string Path { get; }

    /// <summary>Of all files, sorted by key, ordinal.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; }

    /// <exception cref="SafetensorsException">No weights, pickled weights alone, a damaged file, or shards that contradict their index.</exception>
    /// <exception cref="InvalidDataException">The index is no JSON, or its weight_map does not map texts to texts, or more of them than any published one.</exception>
    /// <exception cref="UnsafePathException">The index names a file outside the folder.</exception>
    public static SafetensorsCheckpoint Open(string folder)
    {
        var single = System.IO.Path.Join(folder, SingleName);
        var index = System.IO.Path.Join(folder, IndexName);
        if (File.Exists(single))
            return new SafetensorsCheckpoint(folder, single, [SafetensorsFile.Open(single)]);
        if (File.Exists(index))
            return OpenShards(folder, index);
        var pickle = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(PickleFiles.HasPickleExtension) : null;
        if (pickle is not null)
            PickleFiles.Refuse(pickle);
        throw new SafetensorsException(folder, null, $"has neither {SingleName} nor {IndexName}");
    }

    /// <summary>The files that an index names, from the bytes of one that lies nowhere yet; the names are as they stand there.</summary>
    /// <exception cref="InvalidDataException">No JSON, or no index.</exception>
    public static IReadOnlyCollection<string> ShardNames(ReadOnlyMemory<byte> index) => ReadMap(JsonFields.Parse(IndexName, index)).Shards;

    public bool Contains(string key) => fileOf.ContainsKey(key);

    public SafetensorsEntry Entry(string key) => FileOf(key).Entry(key);

    /// <summary>Of the file that holds the tensor.</summary>
    public string PathOf(string key) => FileOf(key).Path;

    public TensorBytes Read(string key) => FileOf(key).Read(key);

    public float[] ReadFloats(string key) => FileOf(key).ReadFloats(key);

    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private SafetensorsFile FileOf(string key) =>
        fileOf.TryGetValue(key, out var file) ? file : throw new SafetensorsException(Folder, key, "is missing from the checkpoint");

    private static SafetensorsCheckpoint OpenShards(string folder, string index)
    {
        var (map, names) = ReadMap(JsonFields.Read(index));
        if (map.Count == 0)
            throw new SafetensorsException(index, null, "'weight_map' is empty");
        var shards = ImmutableArray.CreateBuilder<SafetensorsFile>();
        try
        {
            foreach (var name in names.Order(StringComparer.Ordinal))
                shards.Add(SafetensorsFile.Open(SafePath.Under(folder, name)));
            CheckShards(folder, index, map, shards);
            return new SafetensorsCheckpoint(folder, index, shards.ToImmutable());
        }
        catch
        {
            foreach (var shard in shards)
                shard.Dispose();
            throw;
        }
    }

    /// <summary>The file of each tensor, and the files.</summary>
    private static (Dictionary<string, string> Map, HashSet<string> Shards) ReadMap(JsonFields index)
    {
        const string Key = "weight_map";
        var map = index.Object(Key).EachString().ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
        if (map.Count > MostTensors)
            throw index.Wrong(Key, $"names {map.Count} tensors; at most {MostTensors} are read");
        var shards = map.Values.ToHashSet(StringComparer.Ordinal);
        return shards.Count <= MostShards ? (map, shards) : throw index.Wrong(Key, $"names {shards.Count} files; at most {MostShards} are read");
    }

    private static void CheckShards(string folder, string index, Dictionary<string, string> map, IEnumerable<SafetensorsFile> shards)
    {
        var left = new Dictionary<string, string>(map, StringComparer.Ordinal);
        foreach (var shard in shards)
            foreach (var entry in shard.Entries)
                if (!left.Remove(entry.Key, out var named))
                    throw new SafetensorsException(shard.Path, entry.Key, map.ContainsKey(entry.Key) ? "stands in two shards" : $"is not in {IndexName}");
                else if (!string.Equals(SafePath.Under(folder, named), shard.Path, StringComparison.Ordinal))
                    throw new SafetensorsException(shard.Path, entry.Key, $"is here and {IndexName} says {named}");
        if (left.Count > 0)
        {
            var (key, name) = left.MinBy(p => p.Key, StringComparer.Ordinal);
            throw new SafetensorsException(index, key, $"is missing from {name}");
        }
    }
}
