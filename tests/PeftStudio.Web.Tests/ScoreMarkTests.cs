using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Web.Tests;

/// <summary>A score that is 0 by convention does not stand there as one that was measured.</summary>
public sealed class ScoreMarkTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_score_by_convention_is_marked_wherever_a_constant_prediction_is()
    {
        await using var studio = await new Studio().StartAsync();
        using var client = studio.Client();
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(Studio.Plan()));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var database = studio.Services.GetRequiredService<StudioDatabase>();
        await using var context = database.Open();
        var row = await context.Trials.SingleAsync();
        var worker = new WorkerNode("w", "test", 1, "cpu", 1, "test", [], [], DateTimeOffset.UnixEpoch);
        worker.Hold(new([new(row.Plan.Backbone.Name, row.Plan.Backbone.Hash)], [new(row.Plan.Task.Name, row.Plan.Task.Hash)]));
        var attempts = new TrialAttempts(database);
        (await attempts.StartAsync(row.Id, worker, None)).ShouldBeOfType<StartAnswer.Started>();
        var (decision, dev) = (new RowsScore(0, [new("pearson", 0)], false) { ZeroDenominator = true }, new RowsScore(0, [new("pearson", 0)], true));
        (await attempts.CompleteAsync(row.Id, 1, new TrialResult(1, decision, dev, [], 80, 10, 32), null, null, None)).ShouldBe(WriteAnswer.Accepted);

        var trials = await client.GetStringAsync($"/studies/{row.StudyId}?tab=trials");
        trials.ShouldMatch("by convention</span>[^$]*constant</span>", "the decision score's mark, then the dev score's");
        trials.Split("by convention</span>").Length.ShouldBe(2);
        trials.Split("constant</span>").Length.ShouldBe(2);
        var page = WebUtility.HtmlDecode(await client.GetStringAsync($"/trials/{row.Id}"));
        page.ShouldContain("0.0 (pearson 0.00), a metric's denominator is zero and it counts as 0");
        page.ShouldContain("0.0 (pearson 0.00), every row got the same prediction");
        (await client.GetStringAsync($"/studies/{row.StudyId}?tab=stages")).ShouldContain("class=\"dot collapsed\"");
    }
}
