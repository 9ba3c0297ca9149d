namespace PeftStudio.Web.Fetching;

/// <summary>What fetching needs of a disk; a test stands here to fill it up.</summary>
/// <param name="Open">a file to write to, kept as it is where it exists</param>
/// <param name="Free">bytes that are left below a folder</param>
public sealed record FetchDisk(Func<string, Stream> Open, Func<string, long> Free)
{
    // Unbuffered: what was told to be written is on its way, so that a full disk is met at the write and not at the end.
    public static FetchDisk Real { get; } = new(
        path => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0),
        folder => new DriveInfo(folder).AvailableFreeSpace);

    public static FetchRefused TooSmall(string what, long needed, long free) => new(
        $"{what} needs {Megabytes(needed)} more, and the data folder's disk has {Megabytes(free)} left; make room and fetch again", StatusCodes.Status507InsufficientStorage);

    public static string Megabytes(long bytes) => $"{Math.Ceiling(bytes / 1_000_000.0):0} MB";
}
