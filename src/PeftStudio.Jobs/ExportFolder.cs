using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace PeftStudio.Jobs;

/// <summary>
/// Where one export is made: an empty folder among the system's temporary ones, removed afterwards. A process makes one export at a time, so whatever else has its
/// number, or that of a process that is gone, was left by one that died. What cannot be removed of that, because it is another user's, stays.
/// </summary>
internal sealed class ExportFolder : IDisposable
{
    private const string Prefix = "peftstudio-export-";

    public ExportFolder(ILogger log)
    {
        RemoveLeft(System.IO.Path.GetTempPath(), left => Directory.Delete(left, recursive: true), log);
        Path = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-")).FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <param name="root">where the folders lie</param>
    /// <param name="remove">a folder with all that is in it; a test stands here for another user's</param>
    /// <param name="log">told of what stays</param>
    internal static void RemoveLeft(string root, Action<string> remove, ILogger log)
    {
        foreach (var left in Directory.EnumerateDirectories(root, Prefix + "*").Where(IsLeft).ToArray())
            Remove(left, remove, log);
    }

    private static void Remove(string left, Action<string> remove, ILogger log)
    {
        try
        {
            remove(left);
        }
        catch (DirectoryNotFoundException)
        {
            // Another worker of this host clears too.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("{Folder} was left by an export that died, and this worker cannot remove it ({Reason}); remove it by hand", left, error.Message);
        }
    }

    private static bool IsLeft(string folder) =>
        int.TryParse(System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process)
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
