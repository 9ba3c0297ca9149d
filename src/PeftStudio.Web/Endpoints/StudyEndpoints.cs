using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats.Studies;
using PeftStudio.Jobs;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Endpoints;

internal static class StudyEndpoints
{
    private const int MostPlanBytes = StudyYaml.MostLetters;

    public static void MapStudies(this IEndpointRouteBuilder api)
    {
        var studies = api.MapGroup("/studies");
        studies.MapPost("/", Create).WithSummary("Start a study from a plan in JSON or YAML").Accepts<StudyPlan>("application/json", "application/yaml", "text/yaml", "text/plain", "application/x-www-form-urlencoded");
        studies.MapGet("/", List).WithSummary("All studies, newest first");
        studies.MapGet("/{id:int}", Get).WithSummary("A study: plan, state, track of steps, running trials");
        studies.MapPost("/{id:int}/stop", Stop).WithSummary("Finish what runs, start nothing new, keep what was found");
        studies.MapPost("/{id:int}/cancel", Cancel).WithSummary("End running trials at their next heartbeat, drop waiting ones, keep scores");
        studies.MapPost("/{id:int}/choices/{choice:int}/drop", Drop).WithSummary("Take a choice without results out of the step that holds the study");
        studies.MapGet("/{id:int}/trials", Trials).WithSummary("Trials, in the order of drawing");
        studies.MapGet("/{id:int}/designs", Designs).WithSummary("Sampled designs, filtered and sorted");
        studies.MapGet("/{id:int}/decisions", Decisions).WithSummary("The decisions so far, with their evidence");
        studies.MapGet("/{id:int}/steps", Steps).WithSummary("Every step with its choices and runs");
        studies.MapGet("/{id:int}/final", Final).WithSummary("The final comparison as far as its runs have completed");
        studies.MapGet("/{id:int}/events", Events).WithSummary("What happened, newest first");
    }

    private static async Task<Results<Created<StudyCreated>, ValidationProblem, ProblemHttpResult>> Create(HttpRequest request, StudyDesk desk, HttpContext http, CancellationToken cancel)
    {
        var (plan, refusal) = await PlanBody.Read(request, MostPlanBytes, cancel);
        if (plan is null)
            return refusal ?? PlanBody.NoPlan;
        var started = await desk.Start(plan, http.User.Identity?.Name ?? StudyVerbs.Person, cancel);
        return started.Id is { } id
            ? TypedResults.Created($"/api/v1/studies/{id}", new StudyCreated(id, $"/api/v1/studies/{id}", $"/studies/{id}"))
            : Invalid(started.Problems);
    }

    private static async Task<Ok<IReadOnlyList<StudyRowView>>> List(string? text, QueryWord<StudyState>? state, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return TypedResults.Ok(await StudyList.ReadAsync(context, new(text, state?.Value), cancel));
    }

    private static async Task<Results<Ok<StudyView>, ProblemHttpResult>> Get(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await StudyOverview.ReadAsync(context, id, cancel) is { } study ? TypedResults.Ok(study) : Missing(id);
    }

    private static Task<Results<NoContent, ProblemHttpResult>> Stop(int id, DatabaseStart start, HttpContext http, CancellationToken cancel) =>
        Command(start, commands => commands.StopAsync(id, By(http), cancel), $"there is no study {id}");

    private static Task<Results<NoContent, ProblemHttpResult>> Cancel(int id, DatabaseStart start, HttpContext http, CancellationToken cancel) =>
        Command(start, commands => commands.CancelAsync(id, By(http), cancel), $"there is no study {id}");

    private static Task<Results<NoContent, ProblemHttpResult>> Drop(int id, int choice, DatabaseStart start, HttpContext http, CancellationToken cancel) =>
        Command(start, commands => commands.DropChoiceAsync(id, choice, By(http), cancel), $"there is no choice {choice} in study {id}");

    private static async Task<Results<Ok<TrialPage>, ProblemHttpResult>> Trials(
        int id, QueryWord<TrialState>? state, QueryWord<StageName>? stage, string? task, StudioDatabase database, CancellationToken cancel, int skip = 0, int take = 100)
    {
        await using var context = database.Open();
        if (BadPage(skip, take) is { } bad)
            return bad;
        return await Exists(context, id, cancel) ? TypedResults.Ok(await TrialTable.ReadAsync(context, id, new(state?.Value, stage?.Value, task, skip, take), cancel)) : Missing(id);
    }

    private static async Task<Results<Ok<DesignPage>, ProblemHttpResult>> Designs(
        int id, QueryWord<StageName>? stage, QueryWord<LayerPattern>? pattern, QueryWord<AllocationPattern>? allocation, string? tunable, string? method, string? text, QueryWord<DesignSort>? sort, string? task,
        StudioDatabase database, CancellationToken cancel, bool descending = false, int skip = 0, int take = 100)
    {
        await using var context = database.Open();
        if (BadPage(skip, take) is { } bad)
            return bad;
        return await Exists(context, id, cancel)
            ? TypedResults.Ok(await DesignTable.ReadAsync(context, id, new(stage?.Value, null, pattern?.Value, allocation?.Value, tunable, method, text, sort?.Value ?? DesignSort.Drawn, task, descending, skip, take), cancel))
            : Missing(id);
    }

    private static async Task<Results<Ok<StageDecision[]>, ProblemHttpResult>> Decisions(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await StudyOverview.ReadAsync(context, id, cancel) is { } study
            ? TypedResults.Ok(study.Track.Select(step => step.Decision).OfType<StageDecision>().ToArray())
            : Missing(id);
    }

    private static async Task<Results<Ok<IReadOnlyList<StepView>>, ProblemHttpResult>> Steps(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await Exists(context, id, cancel) ? TypedResults.Ok(await StudySteps.ReadAsync(context, id, cancel)) : Missing(id);
    }

    private static async Task<Results<Ok<FinalTable>, ProblemHttpResult>> Final(int id, StudioDatabase database, CancellationToken cancel)
    {
        await using var context = database.Open();
        if (!await Exists(context, id, cancel))
            return Missing(id);
        return await FinalTableQuery.ReadAsync(context, id, cancel) is { } table
            ? TypedResults.Ok(table)
            : TypedResults.Problem(title: "Not yet", detail: $"study {id} has no final comparison yet", statusCode: 409);
    }

    private static async Task<Results<Ok<IReadOnlyList<EventView>>, ProblemHttpResult>> Events(int id, long? before, StudioDatabase database, CancellationToken cancel, int take = 100)
    {
        await using var context = database.Open();
        if (BadPage(0, take) is { } bad)
            return bad;
        return await Exists(context, id, cancel) ? TypedResults.Ok(await EventList.ReadAsync(context, id, before, take, cancel)) : Missing(id);
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> Command(DatabaseStart start, Func<StudyCommands, Task<CommandAnswer>> act, string missing)
    {
        var answer = await act((await start.Jobs).Commands);
        return answer.State switch
        {
            CommandState.Done => TypedResults.NoContent(),
            CommandState.NotFound => TypedResults.Problem(title: "Not found", detail: missing, statusCode: 404),
            _ => TypedResults.Problem(title: "Not possible now", detail: answer.Reason, statusCode: 409),
        };
    }

    internal static string By(HttpContext http) => http.User.Identity?.Name ?? StudyVerbs.Person;

    internal static ProblemHttpResult Missing(int id) => TypedResults.Problem(title: "Not found", detail: $"there is no study {id}", statusCode: 404);

    internal static ProblemHttpResult? BadPage(int skip, int take) => skip < 0 || take is < 1 or > 1000
        ? TypedResults.Problem(title: "Bad query", detail: $"skip is {skip} and take is {take}; skip from 0, take from 1 to 1000", statusCode: 400)
        : null;

    internal static async Task<bool> Exists(StudioContext context, int id, CancellationToken cancel) => await context.Studies.FindAsync([id], cancel) is not null;

    private static ValidationProblem Invalid(IReadOnlyList<PlanProblem> problems) => PlanBody.Invalid(problems.Select(problem => (problem.Field, problem.Message)));
}

/// <summary>Where a new study is found.</summary>
public sealed record StudyCreated(int Id, string Url, string Page);
