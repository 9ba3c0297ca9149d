using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Endpoints;

/// <param name="Name">a repository of the hub: owner/name</param>
/// <param name="Revision">branch, tag or commit; left out: main</param>
/// <param name="As">the backbone's name here; left out: the repository's without its owner</param>
public sealed record BackboneFetch(string Name, string? Revision = null, string? As = null);

/// <param name="Name">one of GLUE's nine</param>
public sealed record TaskFetch(string Name);

/// <summary>Backbones from the hub and GLUE's tasks from their official addresses. The answer comes once it is sure that they can be had and used; the fetch itself goes on.</summary>
internal static class FetchEndpoints
{
    public static void MapFetches(this IEndpointRouteBuilder api)
    {
        api.MapPost("/backbones/fetch", Backbone).WithSummary("Fetch a backbone from the hub; asked again, it goes on from where it stood")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(502).ProducesProblem(507);
        api.MapPost("/tasks/fetch", Task).WithSummary("Fetch one of GLUE's tasks; asked again, it goes on from where it stood")
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(507);
        api.MapGet("/fetches", All).WithSummary("Fetches of this process, newest first");
        api.MapGet("/fetches/{id:int}", One).WithSummary("How far one fetch is");
        api.MapPost("/fetches/{id:int}/cancel", Cancel).WithSummary("Cancel a fetch; what has come is kept");
        api.MapDelete("/fetches/{id:int}", Remove).WithSummary("Take an ended fetch off the list, with what it left unfinished").ProducesProblem(409);
    }

    private static async Task<Accepted<FetchView>> Backbone(BackboneFetch body, FetchOrders orders, CancellationToken cancel) =>
        Started(await orders.BackboneAsync(body.Name, body.Revision, body.As, cancel));

    private static async Task<Accepted<FetchView>> Task(TaskFetch body, FetchOrders orders, CancellationToken cancel) =>
        Started(await orders.TaskAsync(body.Name, cancel));

    private static Ok<IReadOnlyList<FetchView>> All(FetchDesk desk) => TypedResults.Ok(desk.List());

    private static Results<Ok<FetchView>, ProblemHttpResult> One(int id, FetchDesk desk) => desk.Find(id) is { } view ? TypedResults.Ok(view) : Missing(id);

    private static Results<Ok<FetchView>, ProblemHttpResult> Cancel(int id, FetchDesk desk) => desk.Cancel(id) is { } view ? TypedResults.Ok(view) : Missing(id);

    private static Results<NoContent, ProblemHttpResult> Remove(int id, FetchDesk desk) => desk.Remove(id) ? TypedResults.NoContent() : Missing(id);

    private static Accepted<FetchView> Started(FetchView view) => TypedResults.Accepted($"/api/v1/fetches/{view.Id}", view);

    private static ProblemHttpResult Missing(int id) =>
        TypedResults.Problem(title: "Not found", detail: $"there is no fetch {id}; a restart of the studio forgets them, and keeps what has come", statusCode: 404);
}
