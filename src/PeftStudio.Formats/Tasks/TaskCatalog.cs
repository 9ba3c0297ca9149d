using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>The tasks below a folder.</summary>
public static class TaskCatalog
{
    public const int PreviewRows = 8;

    /// <summary>Every task folder right below <paramref name="root"/>, by name; a broken one is listed with its error. Empty where the root is absent.</summary>
    public static ValueList<TaskListing> Scan(string root) => !Directory.Exists(root)
        ? []
        : Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).Where(LooksLikeTask).Select(Describe).ToValueList();

    /// <summary>One folder, read completely.</summary>
    public static TaskListing Describe(string folder)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        TaskDefinition? definition = null;
        try
        {
            var task = TaskFolder.Open(folder);
            definition = task.Definition;
            var train = Describe(definition, definition.TrainFile, task.ReadTrain(skipBadRows: true));
            var dev = Describe(definition, definition.DevFile, task.ReadDev(skipBadRows: true));
            return new(task.Path, definition.Name, definition, task.Hash(), train, dev, null);
        }
        catch (InvalidTaskException error)
        {
            return new(folder, definition?.Name ?? name, definition, null, null, null, error.Message);
        }
    }

    private static FileListing Describe(TaskDefinition definition, string file, TaskRows read) => new(
        file,
        read.Rows.Count,
        read.CountLabels(definition),
        read.Rows.Take(PreviewRows).ToValueList(),
        read.BadRows.Count,
        read.BadRows.Take(PreviewRows).ToValueList());

    private static bool LooksLikeTask(string folder) =>
        GlueTasks.Find(Path.GetFileName(folder)) is not null
        || File.Exists(Path.Join(folder, TaskJson.FileName))
        || Directory.EnumerateFiles(folder).Any(file => TaskFile.FormatOf(file) is not null);
}
