using PeftStudio.Formats;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Worker;

/// <summary>The backbones and tasks below a worker's folders, by content. A folder is read again only after one of its files changed.</summary>
public sealed class AssetFolders(IReadOnlyList<string> backboneRoots, IReadOnlyList<string> taskRoots)
{
    private readonly Dictionary<string, (string Stamp, HeldAsset? Asset)> known = new(StringComparer.Ordinal);

    public HeldAssets Find() => new(
        Scan(backboneRoots, "config.json", BackboneOf).Select(found => found.Asset).ToValueList(),
        Scan(taskRoots, TaskJson.FileName, TaskOf).Select(found => found.Asset).ToValueList());

    /// <summary>The folders of the backbones.</summary>
    public IReadOnlyList<string> BackboneFolders() => [.. Scan(backboneRoots, "config.json", BackboneOf).Select(found => found.Folder)];

    /// <exception cref="DirectoryNotFoundException">No folder holds what the plan names.</exception>
    public (string Backbone, string Task) For(TrialPlan plan) => (
        For(plan.Backbone),
        Folder(Scan(taskRoots, TaskJson.FileName, TaskOf), "task", plan.Task.Name, plan.Task.Hash));

    /// <exception cref="DirectoryNotFoundException">No folder holds it.</exception>
    public string For(BackboneAsset backbone) => Folder(Scan(backboneRoots, "config.json", BackboneOf), "backbone", backbone.Name, backbone.Hash);

    /// <exception cref="DirectoryNotFoundException">No folder holds a backbone with this hash; says which were looked in.</exception>
    public string For(AdapterBackbone backbone)
    {
        var found = Scan(backboneRoots, "config.json", BackboneOf);
        return found.FirstOrDefault(pair => pair.Asset.Hash == backbone.Hash).Folder ?? throw new DirectoryNotFoundException(
            $"the adapter's backbone is '{backbone.Name}' with hash {backbone.Hash}, and {(backboneRoots.Count == 0 ? "no folders are set to look for it in" : $"none of the {found.Count} backbones in {string.Join(", ", backboneRoots)} has that hash")}; name its folder with --backbone");
    }

    private static string Folder(IEnumerable<(string Folder, HeldAsset Asset)> found, string kind, string name, string hash) =>
        found.FirstOrDefault(pair => pair.Asset.Hash == hash).Folder
        ?? throw new DirectoryNotFoundException($"no folder of this worker holds the {kind} '{name}' with hash {hash}");

    // A root is one itself, or holds some; of GLUE's tasks the folder's name is enough.
    private List<(string Folder, HeldAsset Asset)> Scan(IReadOnlyList<string> roots, string marker, Func<string, HeldAsset?> read)
    {
        var found = new List<(string, HeldAsset)>();
        foreach (var root in roots.Where(Directory.Exists))
            foreach (var folder in FoldersOf(root, marker))
                if (Known(folder, read) is { } asset)
                    found.Add((folder, asset));
        return found;
    }

    // Hidden folders are uploads and fetches under way, which come and go.
    private static IEnumerable<string> FoldersOf(string root, string marker) => File.Exists(Path.Join(root, marker))
        ? [root]
        : Directory.EnumerateDirectories(root).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal);

    private HeldAsset? Known(string folder, Func<string, HeldAsset?> read)
    {
        var stamp = FolderStamp.Of(folder);
        if (!known.TryGetValue(folder, out var entry) || entry.Stamp != stamp)
            known[folder] = entry = (stamp, read(folder));
        return entry.Asset;
    }

    // A folder that cannot be read, is shown with its error on the web's pages; a worker just does not hold it.
    private static HeldAsset? BackboneOf(string folder)
    {
        try
        {
            var config = BackboneConfig.FromFolder(folder);
            using var checkpoint = SafetensorsCheckpoint.Open(folder);
            return new HeldAsset(Path.GetFileName(folder), BackboneIdentity.Of(checkpoint, config.ModelType).Hash);
        }
        catch (Exception error) when (error is InvalidDataException or SafetensorsException or UnsafePathException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static HeldAsset? TaskOf(string folder) =>
        TaskCatalog.Describe(folder) is { Error: null, Hash: { } hash } listing ? new HeldAsset(listing.Name, hash) : null;
}
