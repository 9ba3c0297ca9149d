using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Studies;
using PeftStudio.Search;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Endpoints;

/// <summary>Files that leave: results, the plan, adapters. Archives hold one folder a task; names in them are ours, never a person's.</summary>
internal static class DownloadEndpoints
{
    public static void MapDownloads(this IEndpointRouteBuilder api)
    {
        api.MapGet("/studies/{id:int}/results.json", Results).WithSummary("Everything the study found; what differs between two runs is under 'run'");
        api.MapGet("/studies/{id:int}/plan.yaml", Plan).WithSummary("The plan as YAML; it creates the same study elsewhere");
        api.MapGet("/studies/{id:int}/adapters", Adapters).WithSummary("Adapters of the final comparison");
        api.MapGet("/studies/{id:int}/adapters.zip", AllAdapters).WithSummary("The found design's best adapter of every task").Produces(200, contentType: "application/zip");
        api.MapGet("/studies/{id:int}/adapters/{task}.zip", TaskAdapter).WithSummary("The found design's best adapter of one task").Produces(200, contentType: "application/zip");
        api.MapGet("/trials/{id:long}/adapter.zip", TrialAdapter).WithSummary("A trial's adapter").Produces(200, contentType: "application/zip");
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Results(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        if (await StudyResultsFile.ReadAsync(context, id, Version, cancel) is not { } results)
            return StudyEndpoints.Missing(id);
        return TypedResults.File(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(results, CanonicalJson.Indented) + "\n"), "application/json", $"study-{id}-results.json");
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Plan(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await StudyOverview.ReadAsync(context, id, cancel) is { } study
            ? TypedResults.File(Encoding.UTF8.GetBytes(StudyYaml.Write(study.Plan)), "application/yaml", $"study-{id}.yaml")
            : StudyEndpoints.Missing(id);
    }

    private static async Task<Results<Ok<IReadOnlyList<AdapterView>>, ProblemHttpResult>> Adapters(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await StudyEndpoints.Exists(context, id, cancel) ? TypedResults.Ok(await FinalAdapters.ReadAsync(context, id, cancel)) : StudyEndpoints.Missing(id);
    }

    private static Task<Results<PushStreamHttpResult, ProblemHttpResult>> AllAdapters(int id, StudioDatabase database, HttpContext http, CancellationToken cancel) =>
        Best(id, null, database, http, cancel);

    private static Task<Results<PushStreamHttpResult, ProblemHttpResult>> TaskAdapter(int id, string task, StudioDatabase database, HttpContext http, CancellationToken cancel) =>
        Best(id, task, database, http, cancel);

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> TrialAdapter(long id, StudioDatabase database, HttpContext http, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await TrialDetail.ReadAsync(context, id, cancel) is { HasAdapter: true }
            ? Archive([("", id)], $"trial-{id}-adapter.zip", database, http)
            : TypedResults.Problem(title: "Not found", detail: $"trial {id} has no stored adapter; the final comparison's completed trials have one", statusCode: 404);
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Best(int id, string? task, StudioDatabase database, HttpContext http, CancellationToken cancel)
    {
        await using var context = database.Open();
        if (!await StudyEndpoints.Exists(context, id, cancel))
            return StudyEndpoints.Missing(id);
        var best = (await FinalAdapters.ReadAsync(context, id, cancel))
            .Where(adapter => adapter.Offered && (task is null || string.Equals(adapter.Task, task, StringComparison.Ordinal))).ToList();
        if (best.Count == 0)
            return TypedResults.Problem(title: "Not found", detail: task is null ? $"study {id} has no adapters yet" : $"study {id} has no adapter of a task '{task}' yet", statusCode: 404);
        return Archive(
            [.. best.Select((adapter, number) => (task is null ? Folder(adapter.Task, number) + "/" : "", adapter.TrialId))],
            task is null ? $"study-{id}-adapters.zip" : $"study-{id}-{Folder(task, 0)}.zip", database, http);
    }

    /// <summary>One adapter after the other, so that memory holds one of them alone, however many a study has.</summary>
    private static PushStreamHttpResult Archive(IReadOnlyList<(string Folder, long Trial)> adapters, string name, StudioDatabase database, HttpContext http) => TypedResults.Stream(async to =>
    {
        var cancel = http.RequestAborted;
        // The content is written asynchronously; the few bytes after each entry are not, whatever is called (ZipArchiveEntry.WriteDataDescriptor in .NET 10).
        if (http.Features.Get<IHttpBodyControlFeature>() is { } body)
            body.AllowSynchronousIO = true;
        await using var context = database.Open();
        // Not disposed where an adapter cannot be read: that would write the table of contents, and a part would pass for the whole.
        var archive = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel);
        foreach (var (folder, trial) in adapters)
        {
            var files = await AdapterStore.ReadAsync(context, trial, cancel) ?? throw new InvalidDataException($"the adapter of trial {trial} was removed while its archive was made");
            await PlainZip.AddAsync(archive, folder + "adapter.safetensors", files.Safetensors, cancel);
            await PlainZip.AddAsync(archive, folder + "adapter.json", Encoding.UTF8.GetBytes(files.Manifest), cancel);
            await PlainZip.AddAsync(archive, folder + LoadScriptFile.Name, LoadScriptFile.Bytes, cancel);
        }
        await archive.DisposeAsync();
    }, "application/zip", name);

    /// <summary>A task's name as a folder: letters, digits and - _ ; a name without any becomes its number.</summary>
    private static string Folder(string task, int number)
    {
        var plain = string.Concat(task.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
        return plain.Length > 0 ? plain : $"task-{number + 1}";
    }

    internal static string Version => typeof(DownloadEndpoints).Assembly.GetName().Version?.ToString(3) ?? "0";
}
