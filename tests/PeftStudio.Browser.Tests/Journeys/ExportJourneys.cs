using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>From a finished search to files for other programs, made by a worker with libtorch.</summary>
public sealed class ExportJourneys(Chromium chromium, SharedStudio shared)
{
    private const float Making = 60_000;

    [Fact]
    public async Task AnExportIsAskedForWithoutAMouseAndDownloaded()
    {
        var study = await shared.WholeStudyAsync();
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync(), $"/studies/{study}?tab=result");
        var card = Card(tab, "AdapterHub");
        await card.GetByRole(AriaRole.Button, new() { Name = "Prepare AdapterHub export of sentiment" }).FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(card).ToBeFocusedAsync();
        var report = await DownloadAsync(tab, card, "-adapterhub.zip");
        report.Layout.ShouldBe(ExportLayout.AdapterHub);
        // What was made is there after a refresh.
        await tab.ReloadAsync();
        await Assertions.Expect(Download(card)).ToBeVisibleAsync();
        await InEveryDressAsync(tab, "exports-result");
        tab.ShouldBeQuiet();
    }

    /// <summary>PEFT has no bottlenecks, and no weight can hold one.</summary>
    [Fact]
    public async Task ARefusalStandsInItsPlaceOnTheTrialsPage()
    {
        await using var tab = await TrialAsync("Adapter on all layers");
        foreach (var layout in new[] { "AdapterHub", "PEFT", "Merged model" })
            await Prepare(tab, layout).ClickAsync();
        await RefusedAsync(Card(tab, "PEFT"), "PEFT has no bottleneck adapters");
        await RefusedAsync(Card(tab, "Merged model"), "a bottleneck is not linear");
        await Assertions.Expect(Download(Card(tab, "AdapterHub"))).ToBeVisibleAsync(new() { Timeout = Making });
        await InEveryDressAsync(tab, "exports-trial");
        tab.ShouldBeQuiet();
    }

    /// <summary>As large as the backbone: the archive comes in many chunks, and whoever has it may want the room back.</summary>
    [Fact]
    public async Task AMergedModelIsWholeAfterItsWayThroughTheDatabaseAndCanBeRemoved()
    {
        await using var tab = await TrialAsync("LoRA on all layers");
        await Prepare(tab, "Merged model").ClickAsync();
        var report = await DownloadAsync(tab, Card(tab, "Merged model"), "-merged.zip");
        report.Layout.ShouldBe(ExportLayout.Merged);
        report.NotCarried.ShouldBeEmpty();
        report.Files.Sum(file => file.Bytes).ShouldBeGreaterThan(20_000_000);

        var card = Card(tab, "Merged model");
        await card.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Remove Merged model export of trial") }).FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(card.Locator(".state")).ToHaveTextAsync("Removed");
        await Assertions.Expect(card).ToBeFocusedAsync();
        await Assertions.Expect(Download(card)).ToHaveCountAsync(0);
        await InEveryDressAsync(tab, "exports-removed");
        await Prepare(tab, "Merged model").ClickAsync();
        await Assertions.Expect(card.Locator(".state")).ToHaveTextAsync("Ready", new() { Timeout = Making });
        tab.ShouldBeQuiet();
    }

    /// <summary>The page of a trial of the final comparison.</summary>
    private async Task<Tab> TrialAsync(string contender)
    {
        var study = await shared.WholeStudyAsync();
        var tab = await chromium.OpenAsync(await shared.AddressAsync(), $"/studies/{study}?tab=trials&stage=final");
        await tab.Page.Locator("tbody tr").Filter(new() { HasText = contender }).First.Locator("th a").ClickAsync();
        await Assertions.Expect(tab.Heading("For other programs")).ToBeVisibleAsync();
        return tab;
    }

    /// <summary>Waits for it, downloads and unpacks it; the page shows what the report in it says, and the files are those that were compared.</summary>
    private static async Task<ExportReport> DownloadAsync(Tab tab, ILocator card, string name)
    {
        await Assertions.Expect(card.Locator(".state")).ToHaveTextAsync("Ready", new() { Timeout = Making });
        using var folder = new TempFolder();
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => Download(card).ClickAsync());
        download.SuggestedFilename.ShouldEndWith(name);
        await download.SaveAsAsync(folder["export.zip"]);
        await ZipFile.ExtractToDirectoryAsync(folder["export.zip"], folder["export"]);
        var report = ExportReport.Read(folder["export"]);
        report.Comparison.LargestDifference.ShouldBeLessThanOrEqualTo(report.Comparison.Tolerance);
        await Assertions.Expect(card).ToContainTextAsync(
            $"largest logit difference is {Shown(report.Comparison.LargestDifference)} over {report.Comparison.Rows} rows; {Shown(report.Comparison.Tolerance)} is allowed");
        foreach (var sentence in report.NotCarried.Concat(report.Notes))
            await Assertions.Expect(card).ToContainTextAsync(sentence);
        report.Files.Select(file => file.Path).ShouldContain("peftstudio/load.py");
        foreach (var file in report.Files)
            Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Join(folder["export"], file.Path)))).ShouldBe(file.Sha256, file.Path);
        return report;
    }

    private static async Task RefusedAsync(ILocator card, string reason)
    {
        await Assertions.Expect(card.Locator(".state")).ToHaveTextAsync("Refused", new() { Timeout = Making });
        await Assertions.Expect(card).ToContainTextAsync(reason);
        await Assertions.Expect(Download(card)).ToHaveCountAsync(0);
    }

    private static async Task InEveryDressAsync(Tab tab, string name)
    {
        foreach (var dress in new[] { "Light", "Dark" })
        {
            await tab.Button(dress).ClickAsync();
            await tab.ShootAsync($"{name}-{dress.ToLowerInvariant()}");
            (await tab.AxeAsync()).ShouldBeEmpty();
        }
        await tab.Page.SetViewportSizeAsync(360, 800);
        await tab.ShootAsync(name + "-phone");
        (await tab.AxeAsync()).ShouldBeEmpty();
        (await tab.SidewaysAsync()).ShouldBe(0);
    }

    private static string Shown(double difference) => difference.ToString(difference is > 0 and < 0.01 ? "0.#e-0" : "0.###", CultureInfo.InvariantCulture);

    private static ILocator Prepare(Tab tab, string layout) => tab.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex($"^Prepare {layout} export of trial") });

    private static ILocator Download(ILocator card) => card.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Download") });

    private static ILocator Card(Tab tab, string layout) => tab.Page.GetByRole(AriaRole.Listitem, new() { NameRegex = new Regex($"^{layout} export of") });
}
