using System.Numerics;
using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats.Studies;
using PeftStudio.Search;
using PeftStudio.Search.Costs;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Endpoints;

internal static class WorkEndpoints
{
    public static void MapWork(this IEndpointRouteBuilder api)
    {
        api.MapGet("/trials/{id:long}", Trial).WithSummary("One trial with attempts, curve and log");
        api.MapPost("/trials/{id:long}/retry", Retry).WithSummary("Let a failed trial run again: same design, same seed");
        api.MapPost("/trials/{id:long}/cancel", Cancel).WithSummary("Cancel one trial");
        api.MapGet("/workers", Workers).WithSummary("Workers of the last day, live ones first");
        api.MapGet("/queue", Queue).WithSummary("What runs and what waits");
        api.MapPost("/forecast", Forecast).WithSummary("What a plan in JSON or YAML comes to, or what is wrong with it; nothing is started").Accepts<StudyPlan>("application/json", "application/yaml", "text/yaml", "text/plain", "application/x-www-form-urlencoded");
    }

    private static async Task<Results<Ok<TrialView>, ProblemHttpResult>> Trial(long id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await TrialDetail.ReadAsync(context, id, cancel) is { } trial
            ? TypedResults.Ok(trial)
            : TypedResults.Problem(title: "Not found", detail: $"there is no trial {id}", statusCode: 404);
    }

    private static Task<Results<NoContent, ProblemHttpResult>> Retry(long id, DatabaseStart start, HttpContext http, CancellationToken cancel) =>
        StudyEndpoints.Command(start, commands => commands.RetryTrialAsync(id, StudyEndpoints.By(http), cancel), $"there is no trial {id}");

    private static Task<Results<NoContent, ProblemHttpResult>> Cancel(long id, DatabaseStart start, HttpContext http, CancellationToken cancel) =>
        StudyEndpoints.Command(start, commands => commands.CancelTrialAsync(id, StudyEndpoints.By(http), cancel), $"there is no trial {id}");

    private static async Task<Ok<IReadOnlyList<WorkerView>>> Workers(StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return TypedResults.Ok(await WorkerList.ReadAsync(context, cancel));
    }

    private static async Task<Results<Ok<QueueView>, ProblemHttpResult>> Queue(StudioDatabase database, CancellationToken cancel, int skip = 0, int take = 100)
    {
        if (StudyEndpoints.BadPage(skip, take) is { } bad)
            return bad;
        await using var context = database.Open();
        return TypedResults.Ok(await QueueList.ReadAsync(context, skip, take, cancel));
    }

    private static async Task<Results<Ok<ForecastView>, ValidationProblem>> Forecast(HttpRequest request, StudyDesk desk, CostReading costs, CancellationToken cancel)
    {
        var (plan, refusal) = await PlanBody.Read(request, StudyYaml.MostLetters, cancel);
        if (plan is null)
            return refusal ?? PlanBody.NoPlan;
        var look = await desk.Look(plan, cancel);
        var cost = await costs.Read(plan, look, cancel);
        return TypedResults.Ok(ForecastView.Of(look.Problems, look.Forecast, cost.Cost, [.. cost.Warnings, .. look.Warnings]));
    }
}

/// <summary>A forecast over HTTP: exact counts are text, because they outgrow a number of JSON.</summary>
/// <param name="Cost">predicted memory and time; null where nothing was measured for this backbone and precision.</param>
public sealed record ForecastView(
    ValueList<PlanProblem> Problems, string? Designs, string? Infeasible, int? LeastTrials, int? MostTrials, ValueList<StepForecast> Steps, ValueList<ExampleDesign> Examples, StudyCost? Cost, ValueList<string> Warnings)
{
    internal static ForecastView Of(IReadOnlyList<PlanProblem> problems, StudyForecast? forecast, StudyCost? cost, IReadOnlyList<string> warnings) => new(
        problems.ToValueList(), Text(forecast?.Designs), Text(forecast?.Infeasible), forecast?.LeastTrials, forecast?.MostTrials, forecast?.Steps ?? [], forecast?.Examples ?? [], cost, warnings.ToValueList());

    private static string? Text(BigInteger? count) => count?.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
