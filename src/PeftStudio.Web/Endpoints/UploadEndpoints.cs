using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Endpoints;

/// <summary>Backbones and tasks by HTTP: a multipart form with 'name' first and then a zip archive or the folder's files, streamed to disk.</summary>
internal static class UploadEndpoints
{
    private const int MostNameBytes = 1024;

    public static void MapUploads(this IEndpointRouteBuilder api, StudioSettings settings)
    {
        var limit = new RequestSizeLimitAttribute(settings.UploadBytes + (1024 * 1024));
        api.MapPost("/backbones", UploadBackbone).WithMetadata(limit).WithSummary("Upload a backbone").Accepts<IFormFile>("multipart/form-data");
        api.MapPost("/tasks", UploadTask).WithMetadata(limit).WithSummary("Upload a task").Accepts<IFormFile>("multipart/form-data");
    }

    private static async Task<Created<BackboneView>> UploadBackbone(HttpRequest request, AssetShelf shelf, StudioSettings settings, DataDisk disk, CancellationToken cancel)
    {
        var name = await Receive(request, disk, settings.UploadedBackbones, settings.UploadBytes, async (folder, asked) =>
        {
            shelf.CheckBackbone(folder);
            await shelf.CheckFreeBackbone(asked, cancel);
        }, cancel);
        var listing = await shelf.BackboneOf(name, cancel) ?? throw Unlisted(name, settings.UploadedBackbones, "BackboneFolders");
        return TypedResults.Created($"/api/v1/backbones/{Uri.EscapeDataString(name)}", BackboneView.Of(listing));
    }

    private static async Task<Created<TaskView>> UploadTask(HttpRequest request, AssetShelf shelf, StudioSettings settings, DataDisk disk, CancellationToken cancel)
    {
        string? listed = null;
        var name = await Receive(request, disk, settings.UploadedTasks, settings.UploadBytes, async (folder, asked) => await shelf.CheckFreeTask(listed = shelf.CheckTask(folder, asked), cancel), cancel);
        var listing = await shelf.TaskOf(listed ?? name, cancel) ?? throw Unlisted(name, settings.UploadedTasks, "TaskFolders");
        return TypedResults.Created($"/api/v1/tasks/{Uri.EscapeDataString(listing.Name)}", TaskView.Of(listing));
    }

    /// <param name="check">of what has come, in a folder that has not yet its name, and the name that it will have</param>
    private static async Task<string> Receive(HttpRequest request, DataDisk disk, string root, long mostBytes, Func<string, string, Task> check, CancellationToken cancel)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "multipart/form-data" || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            throw new UploadRefused("send the upload as multipart/form-data with the fields 'name' and 'file'", StatusCodes.Status415UnsupportedMediaType);
        string? name = null;
        using var folder = new UploadFolder(root, mostBytes, disk);
        var reader = new MultipartReader(boundary, request.Body) { HeadersLengthLimit = 8 * 1024 };
        var parts = 0;
        while (await Reading(() => reader.ReadNextSectionAsync(cancel)) is { } section)
        {
            if (section.GetContentDispositionHeader() is not { } disposition)
                throw new UploadRefused("a part of the form has no content disposition");
            if (disposition.IsFileDisposition())
            {
                UploadFolder.CheckName(name);
                await folder.AddFile(Path.GetFileName(HeaderUtilities.RemoveQuotes(disposition.FileName).Value ?? ""), section.Body, cancel);
                parts++;
            }
            else if (HeaderUtilities.RemoveQuotes(disposition.Name).Value == "name")
                name = await Name(section, cancel);
        }
        if (parts == 0)
            throw new UploadRefused("the form has no file; send a zip archive or the folder's files as 'file'");
        var kept = UploadFolder.CheckName(name);
        await check(folder.Incoming, kept);
        folder.Keep(kept);
        return kept;
    }

    /// <summary>Bounded while it is read: a field may be as long as the whole request, and is in memory.</summary>
    private static async Task<string> Name(MultipartSection section, CancellationToken cancel)
    {
        var bytes = new byte[MostNameBytes + 1];
        var count = await Reading(() => section.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel).AsTask());
        return count > MostNameBytes
            ? throw new UploadRefused($"the form's field 'name' has more than {MostNameBytes} bytes; send the folder's name alone")
            : Encoding.UTF8.GetString(bytes, 0, count).Trim();
    }

    private static async Task<T> Reading<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception error) when (error is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new UploadRefused($"the form cannot be read: {error.Message}");
        }
    }

    private static UploadRefused Unlisted(string name, string root, string setting) =>
        new($"'{name}' was stored in {root}, which Studio:{setting} does not name; add it there", StatusCodes.Status409Conflict);
}
