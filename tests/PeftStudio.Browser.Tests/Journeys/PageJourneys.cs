using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>Every page, in light and dark and on a telephone: nothing for axe to find, nothing to scroll sideways, nothing in the console, a picture for a person to look at.</summary>
public sealed class PageJourneys(Chromium chromium, SharedStudio shared)
{
    private const int Telephone = 400;

    /// <summary>Name, address and a text that is there once the page is drawn; {study}, {trial} and {design}: of a completed search.</summary>
    public static TheoryData<string, string, string> Pages => new()
    {
        { "studies", "/", "Every page" },
        { "new-study", "/studies/new?preset=overnight", "Start the study" },
        { "new-design", "/studies/new?preset=design", "Train this design" },
        { "study-stages", "/studies/{study}?tab=stages", "P(best): hierarchical posterior" },
        { "study-designs", "/studies/{study}?tab=designs&colour=methods", "Score against trainable parameters" },
        { "study-design", "/studies/{study}?tab=designs&design={design}", "Allocation" },
        { "study-trials", "/studies/{study}?tab=trials", "Decision score" },
        { "study-result", "/studies/{study}", "The structure:" },
        { "study-events", "/studies/{study}?tab=events", "Study completed" },
        { "study-plan", "/studies/{study}?tab=plan", "What it ran on" },
        { "trial", "/trials/{trial}", "Learning curve" },
        { "queue", "/queue", "Nothing waits" },
        { "backbones", "/backbones", "Feed-forward" },
        { "tasks", "/tasks", "pearson" },
        { "task", "/tasks/similarity", "Dev rows" },
        { "settings", "/settings", "on .NET" },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task EveryPageInEveryDress(string name, string path, string shows)
    {
        var study = await shared.WholeStudyAsync();
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync(), await AddressAsync(path, study));
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Main).GetByText(shows).First).ToBeVisibleAsync();

        await LookAsync(tab, name + "-light");
        await tab.Button("Dark").ClickAsync();
        await Assertions.Expect(tab.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await LookAsync(tab, name + "-dark");
        await tab.Button("Light").ClickAsync();
        await tab.Page.SetViewportSizeAsync(Telephone, 850);
        await LookAsync(tab, name + "-phone");
        (await tab.SidewaysAsync()).ShouldBe(0, $"the page {name} scrolls sideways at {Telephone} pixels");
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task ThePageOfAnUnknownAddressSaysSo()
    {
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync(), "/nowhere");
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("No page has this address.");
        await LookAsync(tab, "not-found-light");
        tab.Complaints.ShouldAllBe(complaint => complaint.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheLoginLetsIn()
    {
        const string Token = "a token of the journeys";
        await using var studio = await RunningStudio.StartAsync(workers: 0, Token);
        await using var tab = await chromium.OpenAsync(studio.Address, "/tasks");
        var box = tab.Page.GetByLabel("Token");
        await LookAsync(tab, "login-light");
        await tab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await LookAsync(tab, "login-dark");

        await box.FillAsync("not the token of it");
        await box.PressAsync("Enter");
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This is not the token.");
        await box.FillAsync(Token);
        await box.PressAsync("Enter");
        await Assertions.Expect(tab.Heading("Tasks")).ToBeVisibleAsync();
        new Uri(tab.Page.Url).AbsolutePath.ShouldBe("/tasks");
    }

    private async Task<string> AddressAsync(string path, int study)
    {
        if (path.Contains("{study}", StringComparison.Ordinal) || path.Contains("{trial}", StringComparison.Ordinal))
        {
            await using var tab = await chromium.OpenAsync(await shared.AddressAsync(), $"/studies/{study}?tab=designs");
            var design = await tab.Page.Locator("tbody th a").First.InnerTextAsync();
            await tab.GoAsync($"/studies/{study}?tab=trials&stage=final");
            var trial = await tab.Page.Locator("tbody th a").First.InnerTextAsync();
            return path.Replace("{study}", $"{study}", StringComparison.Ordinal).Replace("{trial}", trial, StringComparison.Ordinal).Replace("{design}", design, StringComparison.Ordinal);
        }
        return path;
    }

    private static async Task LookAsync(Tab tab, string name)
    {
        await tab.ShootAsync(name);
        (await tab.AxeAsync()).ShouldBeEmpty(name);
    }
}
