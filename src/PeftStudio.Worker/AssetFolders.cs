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
        Backbones().Select(found => found.Asset).ToValueList(),
        Tasks().Select(found => found.Asset).ToValueList());

    /// <summary>The folders of the backbones.</summary>
    public IReadOnlyList<string> BackboneFolders() => [.. Backbones().Select(found => found.Folder)];

    /// <exception cref="DirectoryNotFoundException">No folder holds what the plan names.</exception>
    public (string Backbone, string Task) For(TrialPlan plan) => (
        For(plan.Backbone),
        Folder(Tasks(), "task", plan.Task.Name, plan.Task.Hash));

    /// <exception cref="DirectoryNotFoundException">No folder holds it.</exception>
    public string For(BackboneAsset backbone) => Folder(Backbones(), "backbone", backbone.Name, backbone.Hash);

    /// <exception cref="DirectoryNotFoundException">No folder holds a backbone with this hash; says which were looked in.</exception>
    public string For(AdapterBackbone backbone)
    {
        var found = Backbones();
        return found.FirstOrDefault(pair => pair.Asset.Hash == backbone.Hash).Folder ?? throw new DirectoryNotFoundException(
            $"the adapter's backbone is '{backbone.Name}' with hash {backbone.Hash}, and {(backboneRoots.Count == 0 ? "no folders are set to look for it in" : $"none of the {found.Count} backbones in {string.Join(", ", backboneRoots)} has that hash")}; name its folder with --backbone");
    }

    private static string Folder(IEnumerable<(string Folder, HeldAsset Asset)> found, string kind, string name, string hash) =>
        found.FirstOrDefault(pair => pair.Asset.Hash == hash).Folder
        ?? throw new DirectoryNotFoundException($"no folder of this worker holds the {kind} '{name}' with hash {hash}");

    private List<(string Folder, HeldAsset Asset)> Backbones() => Held(AssetRoots.Backbones(backboneRoots), BackboneOf);

    private List<(string Folder, HeldAsset Asset)> Tasks() => Held(AssetRoots.Tasks(taskRoots), TaskOf);

    private List<(string Folder, HeldAsset Asset)> Held(IReadOnlyList<string> folders, Func<string, HeldAsset?> read)
    {
        var held = new List<(string, HeldAsset)>();
        foreach (var folder in folders)
            if (Known(folder, read) is { } asset)
                held.Add((folder, asset));
        return held;
    }

    private HeldAsset? Known(string folder, Func<string, HeldAsset?> read)
    {
        if (FolderStamp.IfReadable(folder) is not { } stamp)
            return null;
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
            return new HeldAsset(AssetRoots.NameOf(folder), BackboneIdentity.Of(checkpoint, config.ModelType).Hash);
        }
        catch (Exception error) when (error is InvalidDataException or SafetensorsException or UnsafePathException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static HeldAsset? TaskOf(string folder) =>
        TaskCatalog.Describe(folder) is { Error: null, Hash: { } hash } listing ? new HeldAsset(listing.Name, hash) : null;
}
