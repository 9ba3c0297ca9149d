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

    /// <summary>What a write gives. Reading what comes and writing it fail with the same exceptions; only in here they are the disk's.</summary>
    /// <param name="what">is written</param>
    /// <param name="write">to the disk alone</param>
    /// <param name="refused">of what the disk does not take, and why, the caller's refusal with the remedy</param>
    public static T Writing<T>(string what, Func<T> write, Func<string, Exception> refused)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw refused($"the disk does not take {what}: {error.Message}");
        }
    }

    /// <inheritdoc cref="Writing{T}"/>
    public static void Writing(string what, Action write, Func<string, Exception> refused) => Writing(what, () =>
    {
        write();
        return true;
    }, refused);

    /// <summary>Moves a folder to its place, at once and whole. The place may be taken until the last moment, so it is looked at where the move failed; no file is ever written over.</summary>
    /// <returns>false where the place is taken</returns>
    public static bool Place(string folder, string place)
    {
        try
        {
            Directory.Move(folder, place);
            return true;
        }
        catch (IOException) when (Directory.Exists(place) || File.Exists(place))
        {
            return false;
        }
    }
}
