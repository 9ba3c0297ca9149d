using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Jobs;
using PeftStudio.Search.Exports;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Endpoints;

/// <summary>Adapters in other projects' layouts. A worker makes them, loads the files again and compares; only what was compared has an archive.</summary>
internal static class ExportEndpoints
{
    public static void MapExports(this IEndpointRouteBuilder api)
    {
        api.MapGet("/trials/{id:long}/exports", All).WithSummary("The layouts that a trial's adapter can leave in: what was made of each, how far it is from the adapter, what it does not carry over");
        api.MapPost("/trials/{id:long}/exports/{layout}", Ask).WithSummary("Have a worker export a trial's adapter as adapterhub, peft or merged; asked again, what failed or was removed is made anew and the rest stays");
        api.MapDelete("/trials/{id:long}/exports/{layout}", Remove).WithSummary("Remove the files of an export that is ready; asked for again, they are made anew");
        api.MapGet("/trials/{id:long}/exports/{layout}.zip", Download).WithSummary("The files of an export that is ready, with export.json").Produces(200, contentType: "application/zip");
    }

    private static async Task<Results<Ok<IEnumerable<ExportLook>>, ProblemHttpResult>> All(long id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await TrialDetail.ReadAsync(context, id, cancel) is not { } trial ? Missing(id)
            : TypedResults.Ok(trial.HasAdapter ? (await ExportLook.ReadAsync(context, [id], cancel))[id] : []);
    }

    private static async Task<Results<Accepted<ExportLook>, ProblemHttpResult>> Ask(
        long id, QueryWord<ExportLayout> layout, DatabaseStart start, StudioDatabase database, HttpContext http, CancellationToken cancel)
    {
        var answer = await (await start.Jobs).Exports.AskAsync(new(id, layout.Value), StudyEndpoints.By(http), cancel);
        if (answer.State is not CommandState.Done)
            return answer.State is CommandState.NotFound ? Missing(id) : TypedResults.Problem(title: "Nothing to export", detail: answer.Reason, statusCode: 409);
        await using var context = database.Open();
        return TypedResults.Accepted($"/api/v1/trials/{id}/exports", (await ExportLook.ReadAsync(context, [id], cancel))[id].Single(look => look.Layout == layout.Value));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(long id, QueryWord<ExportLayout> layout, DatabaseStart start, HttpContext http, CancellationToken cancel)
    {
        var answer = await (await start.Jobs).Exports.RemoveAsync(new(id, layout.Value), StudyEndpoints.By(http), cancel);
        return answer.State switch
        {
            CommandState.Done => TypedResults.NoContent(),
            CommandState.NotFound => NeverAsked(id, layout.Value),
            _ => TypedResults.Problem(title: "Nothing to remove", detail: answer.Reason, statusCode: 409),
        };
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Download(long id, QueryWord<ExportLayout> layout, StudioDatabase database, HttpContext http, CancellationToken cancel)
    {
        var key = new ExportKey(id, layout.Value);
        await using var context = database.Open();
        var found = (await ExportList.ReadAsync(context, [id], cancel)).FirstOrDefault(view => view.Layout == layout.Value);
        if (found is not { State: ExportState.Ready, Hash: { } hash })
            return found is null
                ? NeverAsked(id, layout.Value)
                : TypedResults.Problem(title: "Not ready", detail: $"the export is {found.State.ToString().ToLowerInvariant()}{(found.Reason is null ? "" : $": {found.Reason}")}", statusCode: 409);
        // With a length, a download that breaks off is seen to be one.
        http.Response.ContentLength = found.Bytes;
        return TypedResults.Stream(async to =>
        {
            await using var reading = database.Open();
            await ExportArchive.CopyAsync(reading, key, hash, to, http.RequestAborted);
        }, "application/zip", $"trial-{id}-{ExportLook.Word(layout.Value)}.zip");
    }

    private static ProblemHttpResult NeverAsked(long id, ExportLayout layout) => TypedResults.Problem(
        title: "Not found", detail: $"no export of trial {id} as {ExportLook.Word(layout)} was asked for; POST /api/v1/trials/{id}/exports/{ExportLook.Word(layout)} does", statusCode: 404);

    private static ProblemHttpResult Missing(long id) => TypedResults.Problem(title: "Not found", detail: $"there is no trial {id}", statusCode: 404);
}
