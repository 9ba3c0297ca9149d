using PeftStudio.Tests;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>Several fetches, and what a person does to them.</summary>
public sealed class FetchDeskTests
{
    [Fact]
    public async Task A_cancelled_fetch_keeps_what_came_and_goes_on_from_there()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var hold = new TaskCompletionSource();
        bench.Hub.HoldUntil[bench.WeightsPath] = hold.Task;
        var started = await bench.Orders.BackboneAsync(FetchBench.Repository, null, null, CancellationToken.None);
        await bench.UntilAsync(started.Id, view => view.Bytes >= FetchBench.Config.Length + FetchBench.Vocabulary.Length + (FetchBench.Weights.Length / 2));
        bench.Desk.Cancel(started.Id).ShouldNotBeNull();
        var view = await bench.EndAsync(started);
        (view.State, view.Message).ShouldBe((FetchState.Cancelled, null));
        bench.Files().ShouldContain("backbones/.fetch-tiny-bert/parts/model.safetensors.part");
        hold.SetResult();
        bench.Hub.Requests.Clear();

        view = await bench.EndAsync((await bench.Desk.AgainAsync(started.Id, CancellationToken.None))!);
        view.State.ShouldBe(FetchState.Completed, view.Message);
        bench.Hub.Requests.ShouldContain(request => request.Range == $"bytes={FetchBench.Weights.Length / 2}-");
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
    }

    [Fact]
    public async Task One_name_is_fetched_once_at_a_time_and_never_over_what_is_there()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var hold = new TaskCompletionSource();
        bench.Hub.HoldUntil[bench.WeightsPath] = hold.Task;
        var started = await bench.Orders.BackboneAsync(FetchBench.Repository, null, null, CancellationToken.None);
        var second = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (second.Status, second.Field, second.Message).ShouldBe((409, "as", "'tiny-bert' is being fetched already"));
        Should.Throw<FetchRefused>(() => bench.Desk.Remove(started.Id)).Message.ShouldContain("cancel that first");
        hold.SetResult();
        (await bench.EndAsync(started)).State.ShouldBe(FetchState.Completed);
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Message.ShouldContain("exists already");
    }

    /// <summary>Somebody uploads a folder of the name while it is being fetched.</summary>
    [Fact]
    public async Task A_place_that_was_taken_meanwhile_is_not_written_over()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var hold = new TaskCompletionSource();
        bench.Hub.HoldUntil[bench.WeightsPath] = hold.Task;
        var started = await bench.Orders.BackboneAsync(FetchBench.Repository, null, null, CancellationToken.None);
        Directory.CreateDirectory(Path.Join(bench.Backbones, "tiny-bert"));
        hold.SetResult();
        var view = await bench.EndAsync(started);
        view.Message.ShouldNotBeNull().ShouldContain("exists already");
        Directory.GetFileSystemEntries(Path.Join(bench.Backbones, "tiny-bert")).ShouldBeEmpty();
        Directory.Delete(Path.Join(bench.Backbones, "tiny-bert"));
        bench.Hub.Requests.Clear();
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
        bench.Hub.Requests.ShouldNotContain(request => request.Path == bench.WeightsPath, "all of it is here already");
    }

    [Fact]
    public async Task Two_are_fetched_at_a_time_and_the_third_waits()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var hold = new TaskCompletionSource();
        bench.Hub.HoldUntil[bench.WeightsPath] = hold.Task;
        var views = new List<FetchView>();
        foreach (var name in new[] { "a", "b", "c" })
            views.Add(await bench.Orders.BackboneAsync(FetchBench.Repository, null, name, CancellationToken.None));
        await bench.UntilAsync(views[0].Id, view => view.State == FetchState.Running);
        await bench.UntilAsync(views[1].Id, view => view.State == FetchState.Running);
        bench.Desk.Find(views[2].Id)!.State.ShouldBe(FetchState.Waiting);
        hold.SetResult();
        foreach (var view in views)
            (await bench.EndAsync(view)).State.ShouldBe(FetchState.Completed);
        bench.Desk.List().Select(view => view.Name).ShouldBe(["c", "b", "a"]);
    }

    [Fact]
    public async Task Discarding_takes_the_parts_and_clearing_leaves_the_backbone()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 10_000;
        bench.Desk.Remove((await bench.FetchAsync()).Id).ShouldBeTrue();
        bench.Files().ShouldBeEmpty();
        var view = await bench.FetchAsync();
        bench.Desk.Remove(view.Id).ShouldBeTrue();
        bench.Desk.List().ShouldBeEmpty();
        bench.Files().Count.ShouldBe(3);
        bench.Desk.Remove(view.Id).ShouldBeFalse();
    }

    [Theory]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(IOException))]
    public async Task What_the_disk_does_not_give_back_stays_on_the_list_and_can_be_discarded_later(Type error)
    {
        var stuck = true;
        await using var bench = new FetchBench(DataDisk.Real with
        {
            Remove = folder =>
            {
                if (stuck)
                    throw (Exception)Activator.CreateInstance(error, "Permission denied")!;
                DataDisk.Real.Remove(folder);
            },
        });
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 10_000;
        var view = await bench.FetchAsync();
        var refused = Should.Throw<FetchRefused>(() => bench.Desk.Remove(view.Id));
        (refused.Status, refused.Message).ShouldBe(
            (507, "what was fetched of 'tiny-bert' cannot be removed: Permission denied. Make the data folder writable for the studio, and discard it again"));
        bench.Desk.List().ShouldHaveSingleItem().Id.ShouldBe(view.Id);
        stuck = false;
        bench.Desk.Remove(view.Id).ShouldBeTrue();
        bench.Desk.List().ShouldBeEmpty();
        bench.Files().ShouldBeEmpty();
    }

    /// <summary>What was asked for is there, so that the fetch has not failed.</summary>
    [Fact]
    public async Task Leftovers_that_the_disk_does_not_give_back_fail_no_fetch()
    {
        await using var bench = new FetchBench(DataDisk.Real with { Remove = _ => throw new IOException("Directory not empty") });
        bench.AddTiny();
        var view = await bench.FetchAsync();
        (view.State, view.Message).ShouldBe((FetchState.Completed, null));
        bench.Files().Count(file => !file.Contains(".fetch-", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public async Task Each_change_wakes_who_follows()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var woken = 0;
        using (bench.Desk.Subscribe(() => Interlocked.Increment(ref woken)))
            (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
        var seen = woken;
        seen.ShouldBeGreaterThan(5);
        await bench.FetchAsync(target: "unseen");
        woken.ShouldBe(seen);
    }

    /// <summary>Of two of one name the first folder's counts: what was fetched would lie there unseen.</summary>
    [Fact]
    public async Task A_name_that_a_backbone_of_another_folder_has_is_refused_before_anybody_is_asked()
    {
        using var elsewhere = new TempFolder();
        await using var bench = new FetchBench();
        bench.AddTiny();
        elsewhere.Write("tiny-bert/config.json", FetchBench.Config);
        await using var named = new Named(bench, elsewhere["tiny-bert"]);
        var refused = await Should.ThrowAsync<FetchRefused>(() => named.Orders.BackboneAsync(FetchBench.Repository, null, null, CancellationToken.None));
        (refused.Status, refused.Field, refused.Message).ShouldBe((409, "as", $"a backbone called 'tiny-bert' exists already, in {elsewhere["tiny-bert"]}; choose another name"));
        bench.Hub.Requests.ShouldBeEmpty();
        bench.Files().ShouldBeEmpty();
        named.Desk.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_a_backbone_of_another_folder_got_meanwhile_leaves_the_parts()
    {
        using var elsewhere = new TempFolder();
        await using var bench = new FetchBench();
        bench.AddTiny();
        var hold = new TaskCompletionSource();
        bench.Hub.HoldUntil[bench.WeightsPath] = hold.Task;
        await using var named = new Named(bench, elsewhere["tiny-bert"]);
        var started = await named.Orders.BackboneAsync(FetchBench.Repository, null, null, CancellationToken.None);
        elsewhere.Write("tiny-bert/config.json", FetchBench.Config);
        hold.SetResult();
        var view = started;
        for (var i = 0; i < 3000 && view.IsGoingOn; i++)
        {
            await Task.Delay(10, CancellationToken.None);
            view = named.Desk.Find(started.Id).ShouldNotBeNull();
        }
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldContain("a backbone called 'tiny-bert' exists already");
        bench.Files().ShouldAllBe(file => file.StartsWith("backbones/.fetch-tiny-bert/", StringComparison.Ordinal));
        bench.Files().Count.ShouldBe(4);
    }

    [Fact]
    public async Task What_would_go_into_a_backbone_is_refused()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        Directory.CreateDirectory(bench.Backbones);
        await File.WriteAllBytesAsync(Path.Join(bench.Backbones, "config.json"), FetchBench.Config);
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (refused.Status, refused.Message.Contains("is itself a backbone", StringComparison.Ordinal)).ShouldBe((409, true), refused.Message);
    }

    /// <summary>A studio that looks into another folder first.</summary>
    private sealed class Named : IAsyncDisposable
    {
        public Named(FetchBench bench, string first)
        {
            var settings = bench.Settings with { BackboneFolders = [first, .. bench.Settings.BackboneFolders] };
            Desk = new FetchDesk(settings, DataDisk.Real, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<FetchDesk>.Instance);
            Orders = new FetchOrders(settings, new AssetShelf(settings), Desk);
        }

        public FetchDesk Desk { get; }

        public FetchOrders Orders { get; }

        public async ValueTask DisposeAsync()
        {
            await Desk.DisposeAsync();
            Orders.Dispose();
        }
    }

    /// <summary>A studio whose settings do not name its own data folder would fetch gigabytes that nobody sees.</summary>
    [Fact]
    public async Task A_data_folder_that_nobody_looks_at_is_named_first()
    {
        await using var bench = new FetchBench();
        var settings = bench.Settings with { BackboneFolders = ["/elsewhere"] };
        await using var desk = new FetchDesk(settings, DataDisk.Real, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<FetchDesk>.Instance);
        using var orders = new FetchOrders(settings, new AssetShelf(settings), desk);
        (await Should.ThrowAsync<FetchRefused>(() => orders.BackboneAsync("a/b", null, null, CancellationToken.None))).Message.ShouldContain("Studio:BackboneFolders");
    }
}
