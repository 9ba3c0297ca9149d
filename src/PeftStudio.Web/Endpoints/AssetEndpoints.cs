using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats.Tasks;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Endpoints;

internal static class AssetEndpoints
{
    public static void MapAssets(this IEndpointRouteBuilder api)
    {
        api.MapGet("/backbones", Backbones).WithSummary("Backbones below the studio's folders");
        api.MapGet("/backbones/{name}", Backbone).WithSummary("One backbone");
        api.MapGet("/tasks", Tasks).WithSummary("Tasks below the studio's folders");
        api.MapGet("/tasks/{name}", Task).WithSummary("One task, with what is wrong in its files");
        api.MapGet("/tasks/{name}/rows", Rows).WithSummary("The first rows of a task as they will be read");
    }

    private static async Task<Ok<BackboneView[]>> Backbones(AssetShelf shelf, CancellationToken cancel) =>
        TypedResults.Ok((await shelf.Backbones(cancel)).Select(BackboneView.Of).ToArray());

    private static async Task<Results<Ok<BackboneView>, ProblemHttpResult>> Backbone(string name, AssetShelf shelf, CancellationToken cancel) =>
        await shelf.BackboneOf(name, cancel) is { } listing ? TypedResults.Ok(BackboneView.Of(listing)) : Missing("backbone", name);

    private static async Task<Ok<TaskView[]>> Tasks(AssetShelf shelf, CancellationToken cancel) =>
        TypedResults.Ok((await shelf.Tasks(cancel)).Select(TaskView.Of).ToArray());

    private static async Task<Results<Ok<TaskView>, ProblemHttpResult>> Task(string name, AssetShelf shelf, CancellationToken cancel) =>
        await shelf.TaskOf(name, cancel) is { } listing ? TypedResults.Ok(TaskView.Of(listing)) : Missing("task", name);

    private static async Task<Results<Ok<TaskRowView[]>, ProblemHttpResult>> Rows(string name, string? file, AssetShelf shelf, CancellationToken cancel)
    {
        if (await shelf.TaskOf(name, cancel) is not { } listing)
            return Missing("task", name);
        if (file is not (null or "train" or "dev"))
            return TypedResults.Problem(title: "Bad query", detail: $"file is '{file}'; write train or dev", statusCode: 400);
        if ((file == "dev" ? listing.Dev : listing.Train) is not { } rows || listing.Definition is not { } definition)
            return TypedResults.Problem(title: "The task cannot be used", detail: listing.Error, statusCode: 409);
        return TypedResults.Ok(rows.Preview.Select(row => View(definition, row)).ToArray());
    }

    private static TaskRowView View(TaskDefinition definition, TaskRow row) => new(
        row.RowNumber, row.Text, row.Pair, definition.Labels?.Names[row.Label], definition.IsRegression ? row.Target : null, row.TargetText);

    private static ProblemHttpResult Missing(string kind, string name) =>
        TypedResults.Problem(title: "Not found", detail: $"there is no {kind} called '{name}'", statusCode: 404);
}
