using PeftStudio.Formats.Tasks;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A plan as the form shows it: what is wrong, or what it comes to.</summary>
/// <param name="Forecast">null while there are problems.</param>
/// <param name="Sizes">of a design made by hand; null where there is none or it does not fit.</param>
public sealed record PlanLook(IReadOnlyList<PlanProblem> Problems, StudyForecast? Forecast, IReadOnlyList<string> Warnings, DesignSizes? Sizes)
{
    public static readonly PlanLook Nothing = new([], null, [], null);

    private const int FewRows = 200;
    private const int RunsForVerdict = 5;

    public static PlanLook At(StudyPlan plan, IReadOnlyList<BackboneListing> backbones, IReadOnlyList<TaskListing> tasks)
    {
        var backbone = backbones.FirstOrDefault(listing => listing.Name == plan.Backbone);
        var problems = StudyPlanCheck.Problems(plan, backbone?.Shape, [.. tasks.Select(task => new KnownTask(task.Name, task.Definition?.Generation is not null))]).ToList();
        if (plan.Backbone.Length > 0 && backbone is null)
            problems.Add(new("backbone", $"no backbone is called '{plan.Backbone}'; {(backbones.Count == 0 ? "upload one first" : $"there are {string.Join(", ", backbones.Select(listing => listing.Name))}")}"));
        else if (backbone?.Error is { } error)
            problems.Add(new("backbone", error));
        for (var i = 0; i < plan.Tasks.Count; i++)
            if (tasks.FirstOrDefault(task => task.Name == plan.Tasks[i])?.Error is { } broken)
                problems.Add(new($"tasks[{i}]", broken));
            else if (!plan.Training.SkipBadRows && tasks.FirstOrDefault(task => task.Name == plan.Tasks[i])?.FirstBadRow is { } bad)
                problems.Add(new($"tasks[{i}]", $"'{plan.Tasks[i]}' has rows that cannot be used; the first is {bad}. Correct the file, or agree that such rows are left out (training.skipBadRows)"));
        if (backbone?.Config is { } config && plan.Training.MaxLength > config.MaxLength)
            problems.Add(new("training.maxLength", $"{plan.Training.MaxLength} tokens; this backbone has positions for {config.MaxLength}"));
        for (var i = 0; i < plan.Tasks.Count; i++)
            if (tasks.FirstOrDefault(task => task.Name == plan.Tasks[i])?.Definition?.Generation is { } generation && backbone?.Config is { Decoder: not null } writer && generation.MaxTokens > writer.MaxLength)
                problems.Add(new($"tasks[{i}]", $"'{plan.Tasks[i]}' asks for texts of up to {generation.MaxTokens} tokens; this backbone has positions for {writer.MaxLength}. Lower generation.maxTokens in its task.json"));
        var sizes = problems.Count == 0 && plan.Design is { } design && backbone?.Shape is { } shape ? BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods).Sizes : null;
        var forecast = problems.Count == 0 && backbone?.Shape is { } known ? StudyForecast.Of(plan, known) : null;
        return new(problems, forecast, [.. WarningsOf(plan, tasks), .. forecast?.Notes ?? []], sizes);
    }

    private static IEnumerable<string> WarningsOf(StudyPlan plan, IReadOnlyList<TaskListing> tasks)
    {
        if (plan.Space is not null && plan.Compute.SamplesPerChoice < RunsForVerdict)
            yield return $"With n = {plan.Compute.SamplesPerChoice} no choice is called better or worse: verdicts need {RunsForVerdict} runs. The best mean still decides.";
        if (plan.Compute.DecideOn == DecisionRows.Dev)
            yield return "Stages decide on the official dev rows, so the final table reads rows that the search has seen.";
        foreach (var task in tasks.Where(task => plan.Tasks.Contains(task.Name, StringComparer.Ordinal)))
        {
            if (task.Dev is { Rows: < FewRows } dev)
                yield return $"{task.Name} has {dev.Rows} dev rows: its final scores move in steps of {100.0 / dev.Rows:0.0}.";
            if (task.Train is { } train && plan.Space is not null && plan.Compute.DecideOn == DecisionRows.PartOfTrain
                && Math.Min(plan.Compute.DecisionRowsAtMost, (int)Math.Round(train.Rows * plan.Compute.DecisionShare)) is < FewRows and var rows)
                yield return $"{task.Name} decides on {rows} rows: stage scores move in steps of {100.0 / Math.Max(1, rows):0.0}.";
            if (task.BadRows > 0 && plan.Training.SkipBadRows)
                yield return $"{task.Name} has {task.BadRows} row{(task.BadRows == 1 ? "" : "s")} that cannot be used; left out, as agreed.";
        }
    }
}
