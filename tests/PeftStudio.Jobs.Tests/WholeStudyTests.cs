using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Jobs.Tests;

public sealed class WholeStudyTests
{
    [Fact]
    public async Task A_study_runs_from_S0_to_its_final_comparison()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker();
        var id = await studio.CreateAsync();
        await studio.UntilOverAsync(id);

        await using var context = studio.Database.Open();
        var view = (await StudyOverview.ReadAsync(context, id, CancellationToken.None)).ShouldNotBeNull();
        view.State.ShouldBe(StudyState.Completed);
        view.NumericProfile.ShouldBe("test");
        view.Track.Select(step => step.Key.ToString()).Take(4).ShouldBe(["S0", "S1", "S2", "S3"]);
        view.Track[^1].Key.Stage.ShouldBe(StageName.Final);
        view.Track.ShouldAllBe(step => step.Decision != null);
        view.Trials.Completed.ShouldBe(view.Trials.Known);
        view.Trials.Planned.ShouldBeGreaterThanOrEqualTo(view.Trials.Known);
        (await FinalTableQuery.ReadAsync(context, id, CancellationToken.None)).ShouldNotBeNull().Adapters.ShouldHaveSingleItem();
        (await FinalAdapters.ReadAsync(context, id, CancellationToken.None)).Count(adapter => adapter.Best).ShouldBeGreaterThan(0);
        (await studio.Jobs.Queue.ReadAsync(CancellationToken.None)).ShouldBeEmpty();
        await History.CheckAsync(context, id);
    }

    [Fact]
    public async Task Two_workers_find_byte_for_byte_what_one_finds()
    {
        await using var one = await Studio.OpenAsync();
        one.StartWorker();
        var first = await one.CreateAsync();
        await using var two = await Studio.OpenAsync();
        // On a busy machine one of the two could do all: each waits in its first trial until both have one.
        using var both = new CountdownEvent(2);
        two.StartWorker(Meeting());
        two.StartWorker(Meeting());
        var second = await two.CreateAsync();
        await one.UntilOverAsync(first);
        await two.UntilOverAsync(second);

        (await two.ResultsAsync(second)).ShouldBe(await one.ResultsAsync(first));
        await using var context = two.Database.Open();
        (await context.Attempts.Select(attempt => attempt.WorkerId).Distinct().CountAsync()).ShouldBe(2);

        ScriptedExecutor Meeting()
        {
            var isFirst = 1;
            return new((_, _) =>
            {
                if (Interlocked.Exchange(ref isFirst, 0) == 1)
                {
                    both.Signal();
                    both.Wait(TimeSpan.FromSeconds(30));
                }
                return null;
            });
        }
    }
}
