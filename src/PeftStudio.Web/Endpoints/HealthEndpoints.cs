using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Storage;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Endpoints;

internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => TypedResults.Text("live")).AllowAnonymous().WithSummary("The process answers");
        app.MapGet("/health/ready", Ready).AllowAnonymous().WithSummary("The database answers and has this version's schema");
    }

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> Ready(DatabaseStart start, StudioDatabase database, CancellationToken cancel)
    {
        if (!start.Jobs.IsCompletedSuccessfully)
            return NotReady("the database is being prepared");
        try
        {
            await using var context = database.Open();
            await context.NowAsync(cancel);
            return TypedResults.Text("ready");
        }
        catch (Exception error) when (StudioDatabase.IsDatabase(error))
        {
            return NotReady("the database does not answer");
        }
    }

    private static ProblemHttpResult NotReady(string why) => TypedResults.Problem(title: "Not ready", detail: why, statusCode: StatusCodes.Status503ServiceUnavailable);
}
