using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Parts.Study;

namespace PeftStudio.Web.Studies;

/// <summary>One immutable view of a study's page: its head, and of the tabs the one that is open.</summary>
public sealed record StudyPageView(StudyView Head)
{
    public IReadOnlyList<StepLook> Steps { get; init; } = [];

    /// <summary>Of the running trials.</summary>
    public ILookup<long, CurvePointView>? Curves { get; init; }

    public DesignPage? Designs { get; init; }

    public IReadOnlyList<DesignPointView> Points { get; init; } = [];

    public DesignRowView? Chosen { get; init; }

    public TrialPage? Trials { get; init; }

    public FinalTable? Final { get; init; }

    public IReadOnlyList<AdapterView> Adapters { get; init; } = [];

    /// <summary>By trial: the three layouts of each adapter that is offered.</summary>
    public ILookup<long, ExportLook> Exports { get; init; } = Array.Empty<ExportLook>().ToLookup(look => look.TrialId);

    /// <summary>The found design, drawn large on the result's tab.</summary>
    public DesignRowView? Found { get; init; }

    public IReadOnlyList<EventView> Events { get; init; } = [];
}

/// <summary>The study page's one read: head and open tab in one view.</summary>
public sealed class StudyReading(StudioDatabase database)
{
    private const int MostEvents = 300;

    /// <summary>Null where there is no such study.</summary>
    public async Task<StudyPageView?> Read(int id, string? tab, DesignQuery designs, TrialQuery trials, CancellationToken cancel)
    {
        await using var context = database.Open();
        if (await StudyOverview.ReadAsync(context, id, cancel) is not { } head)
            return null;
        var view = new StudyPageView(head);
        return (tab ?? (head.State == StudyState.Completed || head.Plan.Space is null ? "result" : "stages")) switch
        {
            "designs" => view with
            {
                Designs = await DesignTable.ReadAsync(context, id, designs.Filter, cancel),
                Points = await DesignPoints.ReadAsync(context, id, cancel),
                Chosen = designs.Design is { } sample ? await DesignTable.ReadOneAsync(context, id, sample, cancel) : null,
            },
            "trials" => view with { Trials = await TrialTable.ReadAsync(context, id, trials.Filter, cancel) },
            "result" => await Result(context, view, cancel),
            "events" => view with { Events = await EventList.ReadAsync(context, id, null, MostEvents, cancel) },
            "plan" => view,
            _ => view with
            {
                Steps = [.. (await StudySteps.ReadAsync(context, id, cancel)).Select(step => StepLook.Of(step, head.Plan.Tasks, head.Plan.Seed)).Reverse()],
                Curves = await Curves.ReadAsync(context, [.. head.Running.Select(trial => trial.TrialId)], cancel),
            },
        };
    }

    private static async Task<StudyPageView> Result(StudioContext context, StudyPageView view, CancellationToken cancel)
    {
        var final = await FinalTableQuery.ReadAsync(context, view.Head.Id, cancel);
        var found = await DesignTable.ReadAsync(context, view.Head.Id, new(Stage: StageName.Final, Take: 1), cancel);
        var adapters = await FinalAdapters.ReadAsync(context, view.Head.Id, cancel);
        return view with
        {
            Final = final,
            Adapters = adapters,
            Exports = await ExportLook.ReadAsync(context, [.. adapters.Where(adapter => adapter.Offered).Select(adapter => adapter.TrialId)], cancel),
            Curves = await Curves.ReadAsync(context, [.. view.Head.Running.Select(trial => trial.TrialId)], cancel),
            Found = found.Rows.Count > 0 ? found.Rows[0] : null,
        };
    }
}
