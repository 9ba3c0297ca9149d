using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Assets;

/// <summary>
/// The backbones and tasks below the studio's folders. Each folder is read completely once and again when a file of it changes, so that a page
/// may ask as often as it likes. One that cannot be used is read each time: what is in the way may pass without a file's change.
/// </summary>
public sealed class AssetShelf(StudioSettings settings)
{
    private readonly FolderReadings<BackboneListing> backbones = new(listing => listing.Error is null);
    private readonly FolderReadings<TaskListing> tasks = new(listing => listing.Error is null);

    /// <summary>By name; of two of one name the first folder's counts, as it does for workers.</summary>
    public Task<IReadOnlyList<BackboneListing>> Backbones(CancellationToken cancel) => Task.Run<IReadOnlyList<BackboneListing>>(
        () => [.. Folders(AssetRoots.Backbones(settings.BackboneFolders), cancel).Select(folder => backbones.Of(() => Describe(folder), folder)).DistinctBy(listing => listing.Name, StringComparer.Ordinal).OrderBy(listing => listing.Name, StringComparer.Ordinal)], cancel);

    public Task<IReadOnlyList<TaskListing>> Tasks(CancellationToken cancel) => Task.Run<IReadOnlyList<TaskListing>>(
        () => [.. Folders(AssetRoots.Tasks(settings.TaskFolders), cancel).Select(folder => tasks.Of(() => TaskCatalog.Describe(folder), folder)).DistinctBy(listing => listing.Name, StringComparer.Ordinal).OrderBy(listing => listing.Name, StringComparer.Ordinal)], cancel);

    public async Task<BackboneListing?> BackboneOf(string name, CancellationToken cancel) =>
        (await Backbones(cancel)).FirstOrDefault(listing => string.Equals(listing.Name, name, StringComparison.Ordinal));

    public async Task<TaskListing?> TaskOf(string name, CancellationToken cancel) =>
        (await Tasks(cancel)).FirstOrDefault(listing => string.Equals(listing.Name, name, StringComparison.Ordinal));

    /// <summary>Refuses a folder that is no usable backbone.</summary>
    public void CheckBackbone(string folder)
    {
        if (Describe(folder).Error is { } error)
            throw new UploadRefused(error.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(folder, "the folder", StringComparison.Ordinal));
    }

    /// <summary>Refuses a folder that is no usable task; returns the task's own name. Without a task.json the folder's name must be GLUE's.</summary>
    public string CheckTask(string folder, string name)
    {
        try
        {
            var definition = File.Exists(Path.Join(folder, TaskJson.FileName))
                ? TaskJson.ReadFile(Path.Join(folder, TaskJson.FileName))
                : GlueTasks.Find(name) ?? throw new InvalidTaskException($"the files have no {TaskJson.FileName} and '{name}' is none of GLUE's names; add a {TaskJson.FileName}");
            var task = new TaskFolder(folder, definition);
            task.ReadTrain(skipBadRows: true);
            task.ReadDev(skipBadRows: true);
            return definition.Name;
        }
        catch (InvalidTaskException error)
        {
            throw new UploadRefused(error.Message);
        }
    }

    /// <summary>Refuses a name that a backbone of some folder has: of two the first folder's counts, and the new one would not be seen.</summary>
    public async Task CheckFreeBackbone(string name, CancellationToken cancel)
    {
        if (await BackboneOf(name, cancel) is { } holder)
            throw Taken("backbone", name, holder.Folder, "choose another name");
    }

    /// <inheritdoc cref="CheckFreeBackbone"/>
    public async Task CheckFreeTask(string name, CancellationToken cancel)
    {
        if (await TaskOf(name, cancel) is { } holder)
            throw Taken("task", name, holder.Folder, $"give it another name in its {TaskJson.FileName}, or remove that one");
    }

    private static UploadRefused Taken(string kind, string name, string folder, string remedy) =>
        new($"a {kind} called '{name}' exists already, in {folder}; {remedy}", StatusCodes.Status409Conflict);

    /// <summary>A task as a study keeps it; null where it cannot be used.</summary>
    public static TaskAsset? Asset(TaskListing listing) => listing is { Error: null, Definition: { } definition, Hash: { } hash, Train: { } train, Dev: { } dev }
        ? new(listing.Name, hash, definition.LabelNames, definition.MetricNames, train.Rows, dev.Rows)
        : null;

    private static IEnumerable<string> Folders(IReadOnlyList<string> folders, CancellationToken cancel)
    {
        foreach (var folder in folders)
        {
            cancel.ThrowIfCancellationRequested();
            yield return folder;
        }
    }

    private static BackboneListing Describe(string folder)
    {
        var name = AssetRoots.NameOf(folder);
        BackboneConfig? config = null;
        try
        {
            config = BackboneConfig.FromFolder(folder);
            using var checkpoint = SafetensorsCheckpoint.Open(folder);
            // What a worker would refuse is refused here, before a study is made of it.
            new CheckpointKeys(checkpoint, config).Check();
            var notes = EmbeddingRows.Check(config.VocabSize, Tokenizer.FromFolder(folder), folder);
            var identity = BackboneIdentity.Of(checkpoint, config.ModelType);
            return new(folder, name, config, identity.Hash, config.Shape() with { Parameters = identity.Parameters }, null) { Notes = notes.ToValueList() };
        }
        catch (Exception error) when (error is InvalidDataException or SafetensorsException or UnsafePathException or IOException or UnauthorizedAccessException)
        {
            return new(folder, name, config, null, null, error.Message);
        }
    }
}
