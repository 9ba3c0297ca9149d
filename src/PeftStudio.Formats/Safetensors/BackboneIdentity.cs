namespace PeftStudio.Formats.Safetensors;

/// <summary>What a backbone is, whatever its folder is called.</summary>
/// <param name="Hash">sha256, lower-case hexadecimal, of the backbone part</param>
/// <param name="Parameters">elements of the backbone part's tensors: all but head and pooler</param>
public sealed record BackboneIdentity(string Hash, long Parameters)
{
    /// <summary>
    /// Hashes the backbone's tensors in the order of their bare keys (<see cref="BackboneKeys.Bare"/>; ordinal by UTF-16 code units). Each gives, all
    /// integers little-endian: u32 length and UTF-8 bytes of the bare key; u32 length and ASCII bytes of the dtype's name in the format ("F16");
    /// u32 rank and an i64 each dimension; u64 byte length and the bytes as they lie in the file.
    /// </summary>
    /// <exception cref="SafetensorsException">No backbone tensor, or a backbone key twice (bare and wrapped).</exception>
    public static BackboneIdentity Of(SafetensorsCheckpoint checkpoint, string modelType)
    {
        var parts = new SortedDictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (var entry in checkpoint.Entries)
            if (BackboneKeys.Bare(modelType, entry.Key) is { } bare && !parts.TryAdd(bare, entry))
                throw new SafetensorsException(checkpoint.Folder, entry.Key, $"stands beside '{parts[bare].Key}', which names the same parameter");
        if (parts.Count == 0)
            throw new SafetensorsException(checkpoint.Folder, null, $"holds no tensor of a {modelType} backbone");
        using var hash = new CanonicalHash();
        foreach (var (bare, entry) in parts)
            Add(hash, checkpoint, bare, entry);
        return new BackboneIdentity(hash.Finish(), parts.Values.Sum(e => e.Count));
    }

    private static void Add(CanonicalHash hash, SafetensorsCheckpoint checkpoint, string bare, SafetensorsEntry entry)
    {
        hash.Add(bare);
        hash.Add(entry.Type.ToString());
        hash.Add(entry.Shape.Length);
        foreach (var size in entry.Shape)
            hash.Add(size);
        hash.Add(entry.ByteLength);
        using var bytes = checkpoint.Read(entry.Key);
        hash.Add(bytes.Span);
    }
}
