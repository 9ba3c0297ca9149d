using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Hub;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Fetching;

/// <summary>A backbone of the hub. Its revision is pinned to the commit that the hub names, so that all files, also those of a later day, belong together.</summary>
internal sealed class HubBackbone(RemoteSource hub, AssetShelf shelf, HubReference reference, string target) : IFetchOrder
{
    private const int MostListingBytes = 32_000_000;
    private const int MostConfigBytes = 16_000_000;
    private const int MostIndexBytes = 64_000_000;

    public FetchKind Kind => FetchKind.Backbone;

    public string What => reference.ToString();

    public string Target => target;

    public RemoteSource Source => hub;

    public async Task CheckFreeAsync(CancellationToken cancel)
    {
        if (await shelf.BackboneOf(target, cancel) is { } holder)
            throw new FetchRefused($"a backbone called '{target}' exists already, in {holder.Folder}; choose another name", StatusCodes.Status409Conflict, "as");
    }

    public async Task<FetchPlan> LookAsync(CancellationToken cancel)
    {
        try
        {
            var listing = HubListing.Read(await hub.ReadAsync(
                hub.Address($"api/models/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}?blobs=true"), MostListingBytes, cancel));
            var index = listing.Index;
            // An architecture that is not supported is refused before its weights come.
            _ = BackboneConfig.Parse(await ReadAsync(listing, listing.Config, MostConfigBytes, cancel));
            var shards = index is null ? null : SafetensorsCheckpoint.ShardNames(await ReadAsync(listing, index, MostIndexBytes, cancel));
            var files = listing.Backbone(shards);
            // An index may name whatever it likes; a name that no folder takes is refused before a folder is begun.
            foreach (var file in files)
                SafePath.Under(Path.GetTempPath(), file.Name);
            return new($"{hub.Origin}{reference.Repository} {listing.Commit}",
                [.. files.Select(file => new RemoteFile(Address(listing, file), file.Name, file.Size, Checksum.Sha256(file.Sha256) ?? Checksum.GitBlob(file.BlobId)))]);
        }
        catch (Exception error) when (error is InvalidDataException or UnsafePathException)
        {
            throw new FetchRefused($"{reference}: {error.Message}", field: "name");
        }
    }

    public string Make(FetchFolder folder, DataDisk disk)
    {
        shelf.CheckBackbone(folder.Parts);
        return folder.Parts;
    }

    /// <summary>The hub says 401 both to a repository that is not there and to one that is private, and names the gated ones (X-Error-Code).</summary>
    public FetchRefused Explain(RemoteRefused refused) => (refused.Status, refused.Code) switch
    {
        (403, _) or (_, "GatedRepo") => new(
            $"{reference.Repository} is gated: its owner gives it to people who agreed to conditions, and the studio has no login there. Download it with your own account and upload the folder",
            StatusCodes.Status403Forbidden, "name"),
        (_, "RevisionNotFound") => new($"{reference.Repository} has no revision '{reference.Revision}'; main is the usual one", StatusCodes.Status404NotFound, "revision"),
        (_, "EntryNotFound") => new($"{reference.Repository} lists a file that it does not have: {refused.Message}", StatusCodes.Status502BadGateway, "name"),
        (401 or 404, _) => new(
            $"{hub.Origin.Host} has no public repository '{reference.Repository}' with a revision '{reference.Revision}'; look at the spelling, owner and capitals included",
            StatusCodes.Status404NotFound, "name"),
        (429, _) => new($"{hub.Origin.Host} asks to wait because of too many requests (429); try again in some minutes, what is here is kept", StatusCodes.Status502BadGateway),
        _ => new($"{refused.Message}; try again later, what is here is kept", StatusCodes.Status502BadGateway),
    };

    private Task<byte[]> ReadAsync(HubListing listing, HubFile file, int mostBytes, CancellationToken cancel) => hub.ReadAsync(Address(listing, file), mostBytes, cancel);

    private Uri Address(HubListing listing, HubFile file) => hub.Address($"{reference.Repository}/resolve/{listing.Commit}/{Uri.EscapeDataString(file.Name)}");
}
