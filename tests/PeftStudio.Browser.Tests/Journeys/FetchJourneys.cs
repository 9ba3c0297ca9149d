using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Tests.Hub;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>A backbone from a played hub, as a person fetches it: by keyboard, watched in two browsers, cancelled, gone on with.</summary>
public sealed class FetchJourneys(Chromium chromium)
{
    private const string Repository = "someone/tiny-bert";

    [Fact]
    public async Task ABackboneIsFetchedByName()
    {
        var tiny = new TinyBert(width: 40);
        using var hub = new PlayedHub();
        hub.Add(Repository, ("config.json", tiny.Config), ("vocab.txt", tiny.Vocabulary), ("model.safetensors", tiny.Weights));
        var hold = new TaskCompletionSource();
        hub.HoldUntil[PlayedHub.Resolve(Repository, hub.Commit, "model.safetensors")] = hold.Task;
        await using var studio = await RunningStudio.StartAsync(workers: 0, hub: hub.Address);
        await using var tab = await chromium.OpenAsync(studio.Address, "/backbones");
        var name = tab.Page.GetByLabel("Repository");

        // What is wrong is said at its box, and stays there to be mended.
        await name.FillAsync("someone/tinny-bert");
        await name.PressAsync("Enter");
        await Assertions.Expect(tab.Page.Locator("#fetch-name-problem")).ToContainTextAsync("has no public repository 'someone/tinny-bert'");
        await Assertions.Expect(name).ToHaveValueAsync("someone/tinny-bert");
        await Assertions.Expect(name).ToHaveAttributeAsync("aria-invalid", "true");
        (await tab.AxeAsync()).ShouldBeEmpty();

        await name.FillAsync(Repository);
        await name.PressAsync("Enter");
        await Assertions.Expect(Row(tab)).ToContainTextAsync("1.1 MB of 2.1 MB, model.safetensors");
        await Assertions.Expect(Bar(tab)).ToHaveAttributeAsync("value", new System.Text.RegularExpressions.Regex(@"^0\.5"));
        await Assertions.Expect(name).ToHaveValueAsync("");
        await tab.ShootAsync("fetch-running");
        (await tab.AxeAsync()).ShouldBeEmpty();

        // A refresh and another browser see the same.
        await tab.ReloadAsync();
        await Assertions.Expect(Row(tab)).ToContainTextAsync("1.1 MB of 2.1 MB");
        await using var other = await chromium.OpenAsync(studio.Address, "/backbones");
        await Assertions.Expect(Row(other)).ToContainTextAsync("1.1 MB of 2.1 MB");

        await other.Button("Cancel the fetch of tiny-bert").ClickAsync();
        await Assertions.Expect(Row(tab)).ToContainTextAsync("cancelled; 1.1 MB of 2.1 MB are kept");
        hold.SetResult();
        var again = tab.Button("Go on with the fetch of tiny-bert");
        await again.FocusAsync();
        await again.PressAsync("Enter");
        await Assertions.Expect(Row(other)).ToContainTextAsync("ready to use");
        hub.Requests.Last().Range.ShouldBe($"bytes={tiny.Weights.Length / 2}-");

        // It has become one of the backbones, in both, without a reload.
        await Assertions.Expect(tab.Heading("tiny-bert")).ToBeVisibleAsync();
        await Assertions.Expect(other.Heading("tiny-bert")).ToBeVisibleAsync();
        (await tab.AxeAsync()).ShouldBeEmpty();
        await tab.Page.SetViewportSizeAsync(360, 800);
        (await tab.SidewaysAsync()).ShouldBe(0);
        await tab.ShootAsync("fetch-done-phone");
        await tab.Button("Clear the fetch of tiny-bert from the list").ClickAsync();
        await Assertions.Expect(Row(other)).ToHaveCountAsync(0);
        tab.ShouldBeQuiet();
        other.ShouldBeQuiet();
    }

    [Fact]
    public async Task TasksOfGlueAreTickedAndFetched()
    {
        using var hub = new PlayedHub();
        await using var studio = await RunningStudio.StartAsync(workers: 0, hub: hub.Address);
        await using var tab = await chromium.OpenAsync(studio.Address, "/tasks");
        await Assertions.Expect(tab.Page.GetByText("From 127.0.0.1")).ToBeVisibleAsync();
        var fetch = tab.Page.GetByRole(AriaRole.Button, new() { Name = "Fetch", Exact = true });
        await Assertions.Expect(fetch).ToBeDisabledAsync();
        await tab.Page.GetByLabel("WNLI").CheckAsync();
        await fetch.ClickAsync();
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.List, new() { Name = "Fetches of tasks" })).ToContainTextAsync("answered 404 to /glue/data/WNLI.zip");
        (await tab.AxeAsync()).ShouldBeEmpty();
        await tab.ShootAsync("fetch-tasks");
        await tab.Button("Discard what was fetched of WNLI").ClickAsync();
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.List, new() { Name = "Fetches of tasks" })).ToHaveCountAsync(0);
        tab.ShouldBeQuiet();
    }

    private static ILocator Row(Tab tab) => tab.Page.GetByRole(AriaRole.List, new() { Name = "Fetches of backbones" }).GetByRole(AriaRole.Listitem);

    private static ILocator Bar(Tab tab) => tab.Page.GetByRole(AriaRole.Progressbar, new() { Name = "Fetched of tiny-bert" });
}
