using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats;

namespace PeftStudio.Web.Endpoints;

internal static class SchemaEndpoints
{
    public static void MapSchemas(this IEndpointRouteBuilder api)
    {
        api.MapGet("/schemas", () => TypedResults.Ok(JsonSchemas.All.Keys)).WithSummary("Names of the JSON Schemas");
        api.MapGet("/schemas/{name}", Schema).WithSummary("The JSON Schema of a file that leaves the studio: study, plan, results, adapter, export, task");
    }

    private static Results<ContentHttpResult, ProblemHttpResult> Schema(string name) => JsonSchemas.All.TryGetValue(name, out var schema)
        ? TypedResults.Text(schema, "application/schema+json")
        : TypedResults.Problem(title: "Not found", detail: $"there is no schema '{name}'; there are {string.Join(", ", JsonSchemas.All.Keys)}", statusCode: 404);
}
