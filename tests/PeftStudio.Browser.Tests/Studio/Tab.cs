using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>A tab that remembers what a person would not see: errors in the console, failed scripts, requests to other hosts.</summary>
internal sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> complaints = new();

    private readonly bool scripts;
    private bool quiet;

    public Tab(IBrowserContext context, IPage page, Uri studio, bool scripts)
    {
        this.context = context;
        this.scripts = scripts;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                complaints.Enqueue($"console: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => complaints.Enqueue($"script: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                complaints.Enqueue($"{response.Status}: {response.Url}");
        };
        context.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is not ("data" or "blob") && address.Authority != studio.Authority)
                complaints.Enqueue($"a request left the host: {request.Url}");
        };
        page.WebSocket += (_, socket) =>
        {
            if (new Uri(socket.Url).Authority != studio.Authority)
                complaints.Enqueue($"a socket left the host: {socket.Url}");
        };
    }

    public IPage Page { get; }

    public IBrowserContext Context => context;

    /// <summary>Loads an address and waits until the page answers clicks (a page without scripts, or outside the frame, just loads).</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await AnsweringAsync();
    }

    public async Task ReloadAsync()
    {
        await Page.ReloadAsync();
        await AnsweringAsync();
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    /// <summary>The value under a term of a list of figures: "Trials", "Designs in the space".</summary>
    public ILocator Figure(string term) => Page.Locator("dl.figures > div").Filter(new() { Has = Page.Locator("dt").GetByText(term, new() { Exact = true }) }).Locator("dd");

    /// <summary>What axe says against the page, a line a violation.</summary>
    public async Task<IReadOnlyList<string>> AxeAsync()
    {
        var found = await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        return [.. found.Violations.SelectMany(violation => violation.Nodes.Take(4).Select(node => $"{violation.Id}: {violation.Help}: {node.Target} {node.Html}"))];
    }

    /// <summary>How far the page can be scrolled sideways, in pixels.</summary>
    public Task<int> SidewaysAsync() => Page.EvaluateAsync<int>("() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth");

    public IReadOnlyList<string> Complaints => [.. complaints];

    public void ShouldBeQuiet()
    {
        Complaints.ShouldBeEmpty();
        quiet = true;
    }

    /// <summary>A journey that broke off leaves a picture of where it stood.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!quiet && scripts)
                await ShootAsync("broken-off-" + (TestContext.Current.TestMethod?.MethodName ?? "journey"));
        }
        finally
        {
            await context.DisposeAsync();
        }
    }

    public Task ShootAsync(string name) =>
        Page.ScreenshotAsync(new() { Path = Path.Combine(Folders.Repository, "artifacts", "screenshots", name + ".png"), FullPage = true, Animations = ScreenshotAnimations.Disabled });

    private async Task AnsweringAsync()
    {
        if (scripts && await Page.Locator("main#main").CountAsync() > 0)
            await Page.Locator("main#main[data-answering]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }
}
