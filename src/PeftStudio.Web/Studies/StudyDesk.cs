using PeftStudio.Formats.Studies;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Parts;
using PeftStudio.Web.Parts.NewStudy;

namespace PeftStudio.Web.Studies;

/// <param name="Id">null where the plan has problems.</param>
public sealed record StartedStudy(int? Id, IReadOnlyList<PlanProblem> Problems);

/// <summary>Where plans begin and become studies: the form and the API stand on the same verbs.</summary>
public sealed class StudyDesk(AssetShelf shelf, TokenShelf tokens, DatabaseStart start, StudioDatabase database, StudioSettings settings)
{
    public static readonly StudyPlan Empty = new() { Name = "", Backbone = "", Tasks = [] };

    public bool HasSample => File.Exists(settings.SampleStudy);

    /// <summary>The plan that a form opens with: the sample's, another study's, or a preset over what is at hand.</summary>
    public async Task<StudyPlan> Begin(string? preset, int? from, string? backbone, CancellationToken cancel)
    {
        if (from is { } id)
        {
            await using var context = database.Open();
            if (await StudyOverview.ReadAsync(context, id, cancel) is { } study)
                return study.Plan with { Name = $"{study.Plan.Name} again" };
        }
        if (preset == "sample" && HasSample && StudyYaml.Read(await File.ReadAllTextAsync(settings.SampleStudy, cancel)).Plan is { } sample)
            return sample;
        var backbones = await shelf.Backbones(cancel);
        var tasks = await shelf.Tasks(cancel);
        var plan = Empty with
        {
            Name = "New study",
            Backbone = (backbones.FirstOrDefault(listing => listing.Error is null && listing.Name == backbone) ?? backbones.FirstOrDefault(listing => listing.Error is null))?.Name ?? "",
            Tasks = tasks.Where(task => task.Error is null && task.Definition?.Generation is null).Take(2).Select(task => task.Name).ToValueList(),
        };
        return (StudyPreset.Find(preset) ?? StudyPreset.All[0]).Apply(plan);
    }

    /// <summary>With what only the backbone's tokenizer tells.</summary>
    public async Task<PlanLook> Look(StudyPlan plan, CancellationToken cancel)
    {
        var (backbones, tasks) = (await shelf.Backbones(cancel), await shelf.Tasks(cancel));
        var look = PlanLook.At(plan, backbones, tasks);
        if (look.Problems.Count > 0 || backbones.FirstOrDefault(listing => listing.Name == plan.Backbone) is not { } backbone)
            return look;
        var problems = new List<PlanProblem>();
        for (var i = 0; i < plan.Tasks.Count; i++)
            if (tasks.FirstOrDefault(listing => listing.Name == plan.Tasks[i]) is { } task && await tokens.LabelProblem(backbone, task, cancel) is { } problem)
                problems.Add(new($"tasks[{i}]", problem));
        return problems.Count == 0 ? look : look with { Problems = problems, Forecast = null };
    }

    /// <summary>A range of time with its basis; null while the plan has problems or no trial of its backbone has completed here.</summary>
    public async Task<string?> Time(StudyPlan plan, PlanLook look, CancellationToken cancel)
    {
        if (look.Forecast is not { } forecast || (await shelf.BackboneOf(plan.Backbone, cancel))?.Hash is not { } hash)
            return null;
        await using var context = database.Open();
        if (await TrialSpeed.ReadAsync(context, hash, cancel) is not { } speed)
            return null;
        var tasks = (await shelf.Tasks(cancel)).Where(task => plan.Tasks.Contains(task.Name, StringComparer.Ordinal)).Select(AssetShelf.Asset).OfType<TaskAsset>().ToArray();
        var work = PlannedWork.Of(plan, tasks, forecast);
        var workers = Math.Max(1, speed.Workers);
        return $"{Figures.Time(TimeSpan.FromSeconds(work.Least * speed.LowSecondsPerRow / workers), TimeSpan.FromSeconds(work.Most * speed.HighSecondsPerRow / workers))} on {workers} worker{(workers == 1 ? "" : "s")}, "
            + $"at the speed of {speed.Trials} completed trial{(speed.Trials == 1 ? "" : "s")} of this backbone (rows read a second, middle half)";
    }

    public async Task<StartedStudy> Start(StudyPlan plan, string by, CancellationToken cancel)
    {
        var look = await Look(plan, cancel);
        if (look.Problems.Count > 0)
            return new(null, look.Problems);
        if ((await shelf.BackboneOf(plan.Backbone, cancel))?.Asset is not { } backbone)
            return Left("backbone", $"the backbone '{plan.Backbone}'");
        var tasks = new List<TaskAsset>();
        foreach (var name in plan.Tasks)
        {
            if (await shelf.TaskOf(name, cancel) is not { } listing || AssetShelf.Asset(listing) is not { } asset)
                return Left($"tasks[{tasks.Count}]", $"the task '{name}'");
            tasks.Add(asset);
        }
        return new(await (await start.Jobs).Commands.CreateAsync(plan, new StudyAssets(backbone, tasks.ToValueList()), by, cancel), []);
    }

    private static StartedStudy Left(string field, string what) => new(null, [new(field, $"{what} changed while it was looked at; look at it again")]);
}
