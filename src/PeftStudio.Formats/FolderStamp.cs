namespace PeftStudio.Formats;

/// <summary>Names, lengths and times of a folder's files: another stamp, and what was read there is to be read again.</summary>
public static class FolderStamp
{
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static string Of(string folder) => string.Join('|', new DirectoryInfo(folder).EnumerateFiles()
        .OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));

    /// <summary>Null where the folder cannot be looked into, or went away while it was.</summary>
    public static string? IfReadable(string folder)
    {
        try
        {
            return Of(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
