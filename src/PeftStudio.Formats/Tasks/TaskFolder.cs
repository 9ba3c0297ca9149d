namespace PeftStudio.Formats.Tasks;

/// <summary>A folder with a task's files: a task.json in it, or one of GLUE's names on it, says how they are read.</summary>
public sealed record TaskFolder(string Path, TaskDefinition Definition)
{
    /// <exception cref="InvalidTaskException">No such folder, neither a task.json nor a name of GLUE's, or a wrong task.json.</exception>
    public static TaskFolder Open(string path)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(full))
            throw new InvalidTaskException($"there is no folder {path}");
        var name = System.IO.Path.GetFileName(full);
        var json = Under(full, TaskJson.FileName);
        if (System.IO.File.Exists(json))
            return new(full, TaskJson.ReadFile(json));
        return new(full, GlueTasks.Find(name) ?? throw new InvalidTaskException(
            $"the folder '{name}' has no {TaskJson.FileName} and no name of GLUE's ({string.Join(", ", GlueTasks.All.Select(task => task.Name))}); write a {TaskJson.FileName}, or rename it"));
    }

    public string Hash() => TaskHash.Of(Definition, File(Definition.TrainFile), File(Definition.DevFile));

    public TaskRows ReadTrain(bool skipBadRows = false) => Read(Definition.TrainFile, skipBadRows);

    public TaskRows ReadDev(bool skipBadRows = false) => Read(Definition.DevFile, skipBadRows);

    private TaskRows Read(string file, bool skipBadRows) => TaskFile.Read(Definition, File(file), skipBadRows);

    private string File(string name) => Under(Path, name);

    private static string Under(string folder, string name)
    {
        try
        {
            return SafePath.Under(folder, name);
        }
        catch (UnsafePathException error)
        {
            throw new InvalidTaskException(error.Message, error);
        }
    }
}
