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
        Path = Directory.CreateTempSubdirectory(ProcessFolders.Beginning(Prefix)).FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <param name="root">where the folders lie</param>
    /// <param name="remove">a folder with all that is in it; a test stands here for another user's</param>
    /// <param name="log">told of what stays</param>
    internal static void RemoveLeft(string root, Action<string> remove, ILogger log) => ProcessFolders.RemoveLeft(root, Prefix, remove,
        (left, reason) => log.LogWarning("{Folder} was left by an export that died, and this worker cannot remove it ({Reason}); remove it by hand", left, reason));
}
