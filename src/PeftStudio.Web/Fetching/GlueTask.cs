using PeftStudio.Formats.Tasks;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Fetching;

/// <summary>One of GLUE's tasks from its official address.</summary>
/// <param name="glue">the base address, or a mirror of it</param>
/// <param name="shelf">checks the folder</param>
/// <param name="archive">its files and their checksums</param>
/// <param name="checksums">of the operator, by file name without extension, in place of the recorded ones</param>
internal sealed class GlueTask(RemoteSource glue, AssetShelf shelf, GlueArchive archive, IReadOnlyDictionary<string, string> checksums) : IFetchOrder
{
    public FetchKind Kind => FetchKind.Task;

    public string What => $"GLUE's {archive.Task}";

    public string Target => archive.Task;

    public RemoteSource Source => glue;

    public async Task CheckFreeAsync(CancellationToken cancel)
    {
        if (await shelf.TaskOf(archive.Task, cancel) is { } holder)
            throw new FetchRefused($"a task called '{archive.Task}' exists already, in {holder.Folder}; rename or remove that one", StatusCodes.Status409Conflict, "name");
    }

    public Task<FetchPlan> LookAsync(CancellationToken cancel)
    {
        RemoteFile[] files = [.. archive.Files.Select(FileOf)];
        return Task.FromResult(new FetchPlan(string.Join(' ', files.Select(file => $"{file.Address} {file.Checksum?.Value}")), files));
    }

    // Only the archive knows what it comes to; the archive itself stays until that has its place.
    public string Make(FetchFolder folder, DataDisk disk)
    {
        try
        {
            var (needed, free) = (archive.UnpackedBytes(folder.Parts), disk.Free(folder.Parts));
            if (needed > free)
                throw FetchRefused.TooSmall($"{What}, unpacked,", needed, free);
            return folder.Make(made =>
            {
                archive.Unpack(folder.Parts, made, disk.Open);
                shelf.CheckTask(made, archive.Task);
            });
        }
        catch (InvalidTaskException error)
        {
            throw new FetchRefused(error.Message, StatusCodes.Status502BadGateway);
        }
    }

    public FetchRefused Explain(RemoteRefused refused) => new(
        refused.Status is 401 or 403 or 404
            ? $"{refused.Message}: GLUE's files are not there any more, or not for everybody. Studio:Glue may name a mirror; a folder {archive.Task} with its files can be uploaded"
            : $"{refused.Message}; try again later, what is here is kept",
        StatusCodes.Status502BadGateway);

    private RemoteFile FileOf(GlueFile file) => checksums.TryGetValue(Path.GetFileNameWithoutExtension(file.Name), out var own)
        ? new(glue.Address(file.Path), file.Name, null, Checksum.Sha256(own))
        : new(glue.Address(file.Path), file.Name, file.Size, Checksum.Sha256(file.Sha256));
}
