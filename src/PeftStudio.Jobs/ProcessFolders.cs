using System.Diagnostics;
using System.Globalization;

namespace PeftStudio.Jobs;

/// <summary>Folders that a process fills and removes, named PREFIX NUMBER-ANYTHING by its number, so that another can tell what one that died has left.</summary>
public static class ProcessFolders
{
    /// <summary>How the names of this process's folders begin.</summary>
    public static string Beginning(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{Environment.ProcessId}-");

    /// <summary>Removes what processes have left that are gone, or had this one's number: ask before this one makes any.</summary>
    /// <param name="root">where the folders lie; may be absent</param>
    /// <param name="remove">a folder with all that is in it</param>
    /// <param name="stays">told the folder and why it could not be removed, because it is another user's, say</param>
    public static void RemoveLeft(string root, string prefix, Action<string> remove, Action<string, string> stays)
    {
        if (!Directory.Exists(root))
            return;
        foreach (var left in Directory.EnumerateDirectories(root, prefix + "*").Where(folder => IsLeft(folder, prefix)).ToArray())
        {
            try
            {
                remove(left);
            }
            catch (DirectoryNotFoundException)
            {
                // Another process of this host clears too.
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                stays(left, error.Message);
            }
        }
    }

    private static bool IsLeft(string folder, string prefix) =>
        int.TryParse(Path.GetFileName(folder)[prefix.Length..].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process)
        && (process == Environment.ProcessId || !Runs(process));

    private static bool Runs(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
