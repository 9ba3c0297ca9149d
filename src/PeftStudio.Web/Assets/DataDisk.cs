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
