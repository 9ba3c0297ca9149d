using System.IO.Compression;
using PeftStudio.Formats;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Jobs;

namespace PeftStudio.Web.Assets;

/// <summary>
/// A folder being uploaded: files and archives are written beside their place under a name of our own, checked there, and only then given the
/// name that was asked for. Disposed without <see cref="Keep"/>, nothing is left.
/// </summary>
public sealed class UploadFolder : IDisposable
{
    private const string Prefix = ".incoming-";
    private const int MostFiles = 200;
    private const int MostLetters = 100;

    private static readonly string[] Extensions = [".json", ".txt", ".model", ".safetensors", ".tsv", ".csv", ".jsonl", ".md"];

    private readonly string root;
    private readonly long mostBytes;
    private readonly DataDisk disk;
    private long bytes;
    private int files;

    /// <exception cref="UploadRefused">The data folder cannot be written.</exception>
    public UploadFolder(string root, long mostBytes, DataDisk disk)
    {
        (this.root, this.mostBytes, this.disk) = (root, mostBytes, disk);
        Incoming = SafePath.Under(root, ProcessFolders.Beginning(Prefix) + Path.GetFileNameWithoutExtension(Path.GetRandomFileName()));
        DataDisk.Writing("the upload", () => Directory.CreateDirectory(Incoming), Full);
    }

    public string Incoming { get; }

    /// <summary>Uploads of processes that are gone; the studio's start asks for it, before any of its own.</summary>
    public static void RemoveLeft(string root, ILogger log) => ProcessFolders.RemoveLeft(root, Prefix, left => Directory.Delete(left, recursive: true),
        (left, reason) => log.LogWarning("{Folder} was left by an upload that did not end, and cannot be removed ({Reason}); remove it by hand", left, reason));

    /// <summary>A name that a folder may have: what <see cref="SafePath"/> accepts, one part, not hidden.</summary>
    public static string CheckName(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new UploadRefused("the upload has no name; send the form field 'name' before the files");
        if (name.Length > MostLetters || name.Contains('/', StringComparison.Ordinal) || name.StartsWith('.'))
            throw new UploadRefused($"the name must be one folder name of at most {MostLetters} characters that does not begin with a dot");
        return name;
    }

    public async Task AddFile(string name, Stream content, CancellationToken cancel)
    {
        if (string.Equals(Path.GetExtension(name), ".zip", StringComparison.OrdinalIgnoreCase))
            await AddArchive(content, cancel);
        else
            await Write(name, content, cancel);
    }

    /// <summary>Gives the folder its name. It must not be taken: nothing is ever written over.</summary>
    public string Keep(string name)
    {
        var place = SafePath.Under(root, name);
        if (!DataDisk.Writing($"'{name}'", () => DataDisk.Place(Incoming, place), Full))
            throw new UploadRefused($"'{name}' exists already; choose another name", StatusCodes.Status409Conflict);
        return place;
    }

    public void Dispose()
    {
        if (Directory.Exists(Incoming))
            Directory.Delete(Incoming, recursive: true);
    }

    /// <summary>Archives are read from disk: their directory stands at the end.</summary>
    private async Task AddArchive(Stream content, CancellationToken cancel)
    {
        var path = SafePath.Under(Incoming, ".archive");
        try
        {
            var held = bytes;
            await Copy(content, path, "the archive", cancel);
            // The archive goes again: of it only what is in it counts, beside all that came before.
            bytes = held;
            try
            {
                await using var archive = await ZipFile.OpenReadAsync(path, cancel);
                var names = archive.Entries.Where(entry => entry.Name.Length > 0 && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)).ToList();
                var folder = OneFolder(names);
                foreach (var entry in names)
                {
                    await using var from = await entry.OpenAsync(cancel);
                    await Write(entry.FullName[folder.Length..], from, cancel);
                }
            }
            catch (InvalidDataException error)
            {
                throw new UploadRefused($"the archive cannot be read as zip ({error.Message}); pack the folder again");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The folder that all entries stand in, with its slash; "" where they stand at the top.</summary>
    private static string OneFolder(List<ZipArchiveEntry> entries)
    {
        if (entries.Count == 0)
            throw new UploadRefused("the archive is empty");
        var slash = entries[0].FullName.IndexOf('/', StringComparison.Ordinal);
        var folder = slash < 0 ? "" : entries[0].FullName[..(slash + 1)];
        return entries.TrueForAll(entry => entry.FullName.StartsWith(folder, StringComparison.Ordinal)) ? folder : "";
    }

    private async Task Write(string name, Stream content, CancellationToken cancel)
    {
        if (name.Length > MostLetters)
            throw new UploadRefused($"'{Short(name)}' and what follows is a file name of {name.Length} characters; at most {MostLetters}");
        if (name.Contains('/', StringComparison.Ordinal))
            throw new UploadRefused($"'{Short(name)}' stands in a folder of its own; send the files of one folder");
        if (PickleFiles.HasPickleExtension(name))
            throw new UploadRefused($"'{Short(name)}' is a pickle, which can run code when read; convert it to model.safetensors and leave it out");
        if (!Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase))
            throw new UploadRefused($"'{Short(name)}' is of no kind that the studio reads ({string.Join(", ", Extensions)}); leave it out");
        if (++files > MostFiles)
            throw new UploadRefused($"the upload has more than {MostFiles} files");
        var path = SafePath.Under(Incoming, name);
        if (File.Exists(path))
            throw new UploadRefused($"'{Short(name)}' stands in the upload twice; send each file once");
        await Copy(content, path, $"'{Short(name)}'", cancel);
    }

    /// <summary>Counts what is written, not what a header says: an archive may hold more than it tells.</summary>
    private async Task Copy(Stream from, string path, string what, CancellationToken cancel)
    {
        var buffer = new byte[128 * 1024];
        await using var to = DataDisk.Writing(what, () => disk.Open(path), Full);
        int read;
        while ((read = await Read(from, buffer, what, cancel)) > 0)
        {
            bytes += read;
            if (bytes > mostBytes)
                throw new UploadRefused($"{what} makes the upload larger than {mostBytes / (1024 * 1024)} MB (Studio:UploadMegabytes)", StatusCodes.Status413PayloadTooLarge);
            DataDisk.Writing(what, () => to.Write(buffer, 0, read), Full);
        }
    }

    private static async Task<int> Read(Stream from, byte[] buffer, string what, CancellationToken cancel)
    {
        try
        {
            return await from.ReadAsync(buffer, cancel);
        }
        catch (Exception error) when (error is IOException and not BadHttpRequestException)
        {
            throw new UploadRefused($"{what} ends before its form does ({error.Message}). Nothing of the upload is kept; upload it again");
        }
    }

    private static UploadRefused Full(string reason) =>
        new($"{reason}. Nothing of the upload is kept; make room and upload it again", StatusCodes.Status507InsufficientStorage);

    private static string Short(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));
}
