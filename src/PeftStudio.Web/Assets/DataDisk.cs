namespace PeftStudio.Web.Assets;

/// <summary>What uploads and fetches need of the data folder's disk; a test stands here to fill it up.</summary>
/// <param name="Open">a file to write to, kept as it is where it exists</param>
/// <param name="Free">bytes that are left below a folder</param>
/// <param name="Remove">a folder with all that is in it</param>
public sealed record DataDisk(Func<string, Stream> Open, Func<string, long> Free, Action<string> Remove)
{
    // Unbuffered: what was told to be written is on its way, so that a full disk is met at the write and not at the end.
    public static DataDisk Real { get; } = new(
        path => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0),
        folder => new DriveInfo(folder).AvailableFreeSpace,
        folder => Directory.Delete(folder, recursive: true));
}
