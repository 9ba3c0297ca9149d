using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;

namespace PeftStudio.Formats.Safetensors;

/// <summary>A safetensors file, memory-mapped and checked whole when it is opened. Thread-safe for reading.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafetensorsHeader header;
    private readonly FrozenDictionary<string, SafetensorsEntry> byKey;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;

    private SafetensorsFile(string path, SafetensorsHeader header, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        (Path, this.header, this.map, this.view) = (path, header, map, view);
        byKey = header.Entries.ToFrozenDictionary(e => e.Key, StringComparer.Ordinal);
    }

    public string Path { get; }

    /// <summary>Sorted by key, ordinal.</summary>
    public ImmutableArray<SafetensorsEntry> Entries => header.Entries;

    public ImmutableSortedDictionary<string, string> Metadata => header.Metadata;

    /// <exception cref="SafetensorsException">The file is absent, a pickle, truncated, or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        PickleFiles.Refuse(path);
        if (!File.Exists(path))
            throw new SafetensorsException(path, null, "the file does not exist");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Span<byte> first = stackalloc byte[8];
        var read = stream.ReadAtLeast(first, 8, throwOnEndOfStream: false);
        var headerLength = SafetensorsHeader.CheckLength(path, first[..read], stream.Length);
        var json = new byte[headerLength];
        stream.ReadExactly(json);
        var parsed = SafetensorsHeader.Parse(path, json, stream.Length);
        var mapped = MemoryMappedFile.CreateFromFile(stream, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            return new SafetensorsFile(path, parsed, mapped, mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    public bool Contains(string key) => byKey.ContainsKey(key);

    public SafetensorsEntry Entry(string key) =>
        byKey.TryGetValue(key, out var entry) ? entry : throw new SafetensorsException(Path, key, "is missing");

    /// <summary>The tensor's bytes, not copied. They stay readable until the result is disposed, also when this file is disposed earlier.</summary>
    public TensorBytes Read(string key)
    {
        var entry = Entry(key);
        if (entry.ByteLength > int.MaxValue)
            throw new SafetensorsException(Path, key, $"has {entry.ByteLength} bytes; at most {int.MaxValue} a tensor can be read");
        return new TensorBytes(entry, view.SafeMemoryMappedViewHandle, view.PointerOffset + header.DataBegin + entry.Begin);
    }

    /// <summary>The tensor as float32, in row-major order; F64, F32, F16 and BF16 are converted.</summary>
    public float[] ReadFloats(string key)
    {
        using var bytes = Read(key);
        return bytes.Entry.Type.IsFloat()
            ? bytes.ToFloats()
            : throw new SafetensorsException(Path, key, $"is {bytes.Entry.Type}, not a floating-point tensor");
    }

    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }
}
