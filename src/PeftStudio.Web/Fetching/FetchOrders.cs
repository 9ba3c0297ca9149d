using PeftStudio.Formats;
using PeftStudio.Formats.Hub;
using PeftStudio.Formats.Tasks;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Fetching;

/// <summary>From what a person or a script wrote to an order, checked field by field.</summary>
public sealed class FetchOrders(StudioSettings settings, AssetShelf shelf, FetchDesk desk) : IDisposable
{
    private readonly RemoteSource hub = new(settings.Hub);
    private readonly RemoteSource glue = new(settings.Glue);

    /// <param name="name">of the repository on the hub</param>
    /// <param name="revision">branch, tag or commit; null: main</param>
    /// <param name="target">what to call it here; null: the repository's name without its owner</param>
    /// <param name="cancel">of the look, not of the fetch</param>
    /// <exception cref="FetchRefused">See <see cref="FetchDesk.StartAsync"/>; also a name that is none.</exception>
    public async Task<FetchView> BackboneAsync(string? name, string? revision, string? target, CancellationToken cancel)
    {
        (name, revision, target) = (name?.Trim() ?? "", Or(revision, "main"), target?.Trim());
        if (HubReference.NameProblem(name) is { } wrongName)
            throw new FetchRefused(wrongName, field: "name");
        if (HubReference.RevisionProblem(revision) is { } wrongRevision)
            throw new FetchRefused(wrongRevision, field: "revision");
        var reference = new HubReference(name, revision);
        return await desk.StartAsync(new HubBackbone(hub, shelf, reference, FolderName(Or(target, reference.ShortName))), cancel);
    }

    /// <param name="name">of one of GLUE's nine, whatever its case</param>
    /// <param name="cancel">of the look, not of the fetch</param>
    public async Task<FetchView> TaskAsync(string? name, CancellationToken cancel)
    {
        var archive = GlueArchive.Find(name?.Trim() ?? "")
            ?? throw new FetchRefused($"'{Short(name)}' is none of GLUE's tasks: {string.Join(", ", GlueArchive.All.Select(task => task.Task))}", field: "name");
        return await desk.StartAsync(new GlueTask(glue, shelf, archive, settings.GlueSha256), cancel);
    }

    public void Dispose()
    {
        hub.Dispose();
        glue.Dispose();
    }

    private static string FolderName(string target)
    {
        try
        {
            UploadFolder.CheckName(target);
            SafePath.Under(Path.GetTempPath(), target);
            return target;
        }
        catch (Exception error) when (error is UploadRefused or UnsafePathException)
        {
            throw new FetchRefused(error.Message, field: "as");
        }
    }

    private static string Or(string? text, string other) => string.IsNullOrWhiteSpace(text) ? other : text.Trim();

    private static string Short(string? name) => string.Concat((name ?? "").Take(80).Select(c => char.IsControl(c) ? '?' : c));
}
