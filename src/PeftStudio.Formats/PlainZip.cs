using System.IO.Compression;

namespace PeftStudio.Formats;

/// <summary>Zip archives of weights: stored, not squeezed, and with one date, so that the same files give the same bytes whenever they are packed.</summary>
public static class PlainZip
{
    private static readonly DateTimeOffset Date = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task AddAsync(ZipArchive archive, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var to = await Entry(archive, name).OpenAsync(cancellationToken);
        await to.WriteAsync(content, cancellationToken);
    }

    /// <summary>Packs all files of a folder, by path, ordinal.</summary>
    /// <param name="folder">whose files are packed, with those of the folders in it</param>
    /// <param name="path">a file outside of it, which is made</param>
    public static void OfFolder(string folder, string path)
    {
        using var archive = new ZipArchive(new FileStream(path, FileMode.CreateNew, FileAccess.Write), ZipArchiveMode.Create);
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (File: file, Name: Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')));
        foreach (var (file, name) in files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            using var from = File.OpenRead(file);
            using var to = Entry(archive, name).Open();
            from.CopyTo(to);
        }
    }

    private static ZipArchiveEntry Entry(ZipArchive archive, string name)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Date;
        return entry;
    }
}
