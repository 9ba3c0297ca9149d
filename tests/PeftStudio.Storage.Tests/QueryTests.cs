using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Storage.Tests;

public sealed class QueryTests(Database database) : IClassFixture<Database>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task EveryPageReadsWhatWasWritten()
    {
        await using var context = database.Studio.Open();
        var (study, trials) = await Seeds.SaveStudyAsync(context);
        for (var i = 0; i < 4; i++)
        {
            trials[i].Start(Seeds.Noon.AddSeconds(1));
            context.Add(new Attempt(trials[i].Id, 1, "w1", Seeds.Noon.AddSeconds(1)));
            trials[i].Complete(1, Seeds.Result(50 + i), Seeds.Noon.AddSeconds(3));
        }
        trials[4].Start(Seeds.Noon);
        context.Add(new Attempt(trials[4].Id, 1, "w1", Seeds.Noon));
        await context.SaveChangesAsync();

        await using var page = database.Studio.Open();
        var row = (await StudyList.ReadAsync(page, new("FIR"), None)).ShouldHaveSingleItem();
        row.Trials.ShouldBe(new TrialCounts(3, 1, 4, 0, 0, 8));
        row.Best.ShouldBe(52.5);
        row.Stage.ShouldBe(new StageKey(StageName.Grouping));
        row.Remaining.ShouldBe(TimeSpan.FromSeconds((1000 - 400) * 8.0 / 400));
        (await StudyList.ReadAsync(page, new("fi%t"), None)).ShouldBeEmpty();

        var view = (await StudyOverview.ReadAsync(page, study.Id, None)).ShouldNotBeNull();
        view.Plan.ShouldBe(study.Plan);
        view.Assets.ShouldBe(study.Assets);
        view.Track.ShouldHaveSingleItem().Done.ShouldBe(4);
        view.Running.ShouldHaveSingleItem().TrialId.ShouldBe(trials[4].Id);

        var step = (await StudySteps.ReadAsync(page, study.Id, None)).ShouldHaveSingleItem();
        step.Choices.Count.ShouldBe(2);
        step.Choices[0].Runs[1].Score.ShouldBe(52.5);
        step.Choices[1].Runs[0].State.ShouldBe(TrialState.Running);
        step.Choices[1].Runs[0].Score.ShouldBeNull();

        foreach (var sort in Enum.GetValues<DesignSort>())
        {
            var designs = await DesignTable.ReadAsync(page, study.Id, new(Sort: sort, SortTask: "rte", Descending: true, Take: 3), None);
            designs.Total.ShouldBe(4);
            designs.Rows.Count.ShouldBe(3);
            if (sort is DesignSort.Score or DesignSort.Task)
                designs.Rows[0].Score.ShouldBe(52.5);
        }
        var filtered = await DesignTable.ReadAsync(page, study.Id, new(Allocation: AllocationPattern.Increasing, Text: "spin", Method: "lora", Tunable: "G1", Stage: StageName.Grouping), None);
        filtered.Rows.Count.ShouldBe(2);
        filtered.Rows[0].Design.ShouldBe(Seeds.Sampled(0, AllocationPattern.Increasing).Design);
        (await DesignTable.ReadAsync(page, study.Id, new(Method: "lor"), None)).Total.ShouldBe(0, "a method is chosen by its whole name");
        (await DesignTable.ReadOneAsync(page, study.Id, filtered.Rows[0].SampleId, None)).ShouldNotBeNull().Parameters.ShouldBe(80);

        (await DesignPoints.ReadAsync(page, study.Id, None)).Select(point => point.Score).ShouldBe([50.5, 52.5]);
        var table = await TrialTable.ReadAsync(page, study.Id, new(TrialState.Completed, Task: "cola"), None);
        table.Total.ShouldBe(2);
        table.Rows[0].WorkerId.ShouldBe("w1");
        (await QueueList.ReadAsync(page, 0, 2, None)).Next.Count.ShouldBe(2);
        (await WorkerList.ReadAsync(page, None)).ShouldBeEmpty();
        (await EventList.ReadAsync(page, study.Id, null, 10, None)).ShouldBeEmpty();
        (await FinalAdapters.ReadAsync(page, study.Id, None)).ShouldBeEmpty();
        (await TrialDetail.ReadAsync(page, trials[0].Id, None)).ShouldNotBeNull().Result.ShouldBe(Seeds.Result(50));
        (await Curves.ReadAsync(page, [trials[0].Id], None)).ShouldBeEmpty();
        var results = (await StudyResultsFile.ReadAsync(page, study.Id, "1.0", None)).ShouldNotBeNull();
        results.Steps[0].Choices[0].Samples[1].Tasks[1].Result.ShouldBe(Seeds.Result(53));
        results.Run.ShouldNotBeNull().Trials.Count.ShouldBe(8);
    }

    [Fact]
    public async Task A_score_comes_with_what_is_to_be_known_of_its_own_rows()
    {
        await using var context = database.Studio.Open();
        var (study, trials) = await Seeds.SaveStudyAsync(context, "marks");
        var (fine, constant, undefined) = (new RowsScore(50, [], false), new RowsScore(0, [], true), new RowsScore(0, [], false) { ZeroDenominator = true });
        foreach (var (trial, decision, dev) in new[] { (trials[0], fine, constant), (trials[1], constant, fine), (trials[2], undefined, fine), (trials[3], fine, undefined) })
        {
            trial.Start(Seeds.Noon);
            trial.Complete(1, Seeds.Result(50) with { Decision = decision, Dev = dev }, Seeds.Noon);
        }
        await context.SaveChangesAsync();

        await using var page = database.Studio.Open();
        var step = (await StudyRecord.ReadAsync(page, study.Id, None)).ShouldHaveSingleItem();
        step.Runs.Select(run => run.Collapsed).ShouldBe([false, true, false, false]);
        step.FinalRuns.Select(run => run.Collapsed).ShouldBe([true, false, false, false]);
        (await TrialTable.ReadAsync(page, study.Id, new(TrialState.Completed), None)).Rows.Select(row => (row.Collapsed, row.ZeroDenominator, row.DevCollapsed, row.DevZeroDenominator))
            .ShouldBe([(false, false, true, false), (true, false, false, false), (false, true, false, false), (false, false, false, true)]);
        (await StudySteps.ReadAsync(page, study.Id, None)).ShouldHaveSingleItem().Choices[0].Runs.Select(run => (run.Collapsed, run.ZeroDenominator)).ShouldBe([(true, false), (false, true)]);
    }
}
