using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Storage.Tests;

public sealed class CostModelTests(Database database) : IClassFixture<Database>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly CostModelRows rows = new(database.Studio);

    [Fact]
    public async Task The_newest_measurement_of_a_profile_takes_the_place_of_the_older()
    {
        await rows.KeepAsync("a processor", "twice", Precision.Fp32, Model(1e8), None);
        await rows.KeepAsync("a processor", "twice", Precision.Fp32, Model(2e8), None);
        await rows.KeepAsync("a processor", "twice", Precision.Bf16, Model(3e8), None);
        await using var context = database.Studio.Open();
        var kept = await CostModelList.ReadAsync(context, "twice", None);
        kept.Count.ShouldBe(2);
        kept.Single(view => view.Precision == Precision.Fp32).Model.ShouldBe(Model(2e8));
        (await CostModelList.ReadAsync(context, "another", None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_most_live_workers_run_comes_first_with_how_many_share_a_host()
    {
        await rows.KeepAsync("with workers", "ordered", Precision.Fp32, Model(1e8), None);
        await rows.KeepAsync("without", "ordered", Precision.Fp32, Model(2e8), None);
        var workers = new WorkerRows(database.Studio);
        foreach (var (id, host) in ((string, string)[])[("w1", "one"), ("w2", "one"), ("w3", "two")])
            await workers.RegisterAsync(now => new WorkerNode(id, host, 1, "cpu", 1, "with workers", [], [], now), None);
        await workers.SayStoppedAsync("w3", None);
        await using var context = database.Studio.Open();
        var views = await CostModelList.ReadAsync(context, "ordered", None);
        views.Select(view => (view.Profile, view.Workers, view.OnOneHost)).ShouldBe([("with workers", 2, 2), ("without", 0, 0)]);
    }

    [Fact]
    public async Task Rates_of_another_way_of_counting_are_not_used()
    {
        await rows.KeepAsync("a processor", "counted otherwise", Precision.Fp32, Model(1e8), None);
        await using var context = database.Studio.Open();
        await context.CostModels.Where(known => known.BackboneHash == "counted otherwise").ExecuteUpdateAsync(set => set.SetProperty(known => known.Version, CostModel.Version + 1), None);
        (await CostModelList.ReadAsync(context, "counted otherwise", None)).ShouldBeEmpty();
    }

    private static CostModel Model(double process) => new(3, new MemoryRates(process, 1.25, 0.5, 1, 4, 1), [0.01, -0.02], new TimeRates(1e-3, 2.5e-12, 3e-12, 0), 8_000_000_000);
}
