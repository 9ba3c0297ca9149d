using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats;

/// <summary>
/// The folders of backbones and of tasks below configured roots, in the roots' order and each once: a root is one itself, or holds some. The web lists these and
/// workers hold these, so that no study is planned of what no worker finds.
/// </summary>
public static class AssetRoots
{
    public static IReadOnlyList<string> Backbones(IReadOnlyList<string> roots) => Below(roots, IsBackbone);

    public static IReadOnlyList<string> Tasks(IReadOnlyList<string> roots) => Below(roots, IsTask);

    public static bool IsBackbone(string folder) => File.Exists(Path.Join(folder, "config.json"));

    /// <summary>By its task.json, or by a name of GLUE's where it holds any file.</summary>
    public static bool IsTask(string folder) =>
        File.Exists(Path.Join(folder, TaskJson.FileName)) || (GlueTasks.Find(NameOf(folder)) is not null && HasFiles(folder));

    /// <summary>A folder's own name, however its path ends.</summary>
    public static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));

    private static string[] Below(IReadOnlyList<string> roots, Func<string, bool> isOne) =>
        [.. roots.Where(Directory.Exists).SelectMany(root => isOne(root) ? [root] : Inside(root, isOne)).Distinct(StringComparer.Ordinal)];

    // Hidden folders are uploads and fetches under way, which come and go.
    private static string[] Inside(string root, Func<string, bool> isOne)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(root).Where(folder => !NameOf(folder).StartsWith('.') && isOne(folder)).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The root itself stands for what cannot be looked into: who reads it says why.
            return [root];
        }
    }

    // One that cannot be looked into is kept, with its error, by who reads it.
    private static bool HasFiles(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
