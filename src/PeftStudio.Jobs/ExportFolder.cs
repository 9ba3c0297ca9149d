using System.Diagnostics;
using System.Globalization;

namespace PeftStudio.Jobs;

/// <summary>
/// Where one export is made: an empty folder among the system's temporary ones, removed afterwards. A process makes one export at a time, so whatever else has its
/// number, or that of a process that is gone, was left by one that died.
/// </summary>
internal sealed class ExportFolder : IDisposable
{
    private const string Prefix = "peftstudio-export-";

    public ExportFolder()
    {
        foreach (var left in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*").Where(IsLeft).ToArray())
            Remove(left);
        Path = Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-")).FullName;
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static void Remove(string left)
    {
        try
        {
            Directory.Delete(left, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another worker of this host clears too.
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
