using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Adapters;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>The main job, from the first visit to the downloaded adapters.</summary>
public sealed class MainJourney(Chromium chromium)
{
    private const float WholeStudy = 240_000;

    [Fact]
    public async Task AStudyFromTheFirstVisitToTheDownloadedAdapters()
    {
        await using var studio = await RunningStudio.StartAsync(workers: 2);
        await using var tab = await chromium.OpenAsync(studio.Address);
        try
        {
            await Assertions.Expect(tab.Heading("Run the sample study")).ToBeVisibleAsync();
            (await tab.AxeAsync()).ShouldBeEmpty();
            await tab.Link("Define your own").ClickAsync();

            var form = await new StudyForm(tab).ReadyAsync();
            var (least, most) = await DefineAsync(form);
            var id = await form.StartAsync();
            await tab.Page.EvaluateAsync("() => { window.sameDocument = true; }");

            await Assertions.Expect(tab.Figure("Trials")).ToHaveTextAsync(new Regex("^[1-9][0-9]* of [1-9]"), new() { Timeout = WholeStudy });
            var decided = tab.Page.Locator("#stage-S1 .sentence, section:has(h2:has-text('S1 grouping')) .sentence").First;
            await Assertions.Expect(decided).ToContainTextAsync(new Regex("Uniform|Increasing", RegexOptions.IgnoreCase), new() { Timeout = WholeStudy });
            (await tab.Page.EvaluateAsync<bool>("() => window.sameDocument === true")).ShouldBeTrue("the decision must arrive without reloading");
            await OthersSeeTheSameAsync(studio, tab, $"/studies/{id}?tab=stages", await decided.InnerTextAsync());
            (await tab.AxeAsync()).ShouldBeEmpty();

            await Assertions.Expect(tab.Page.GetByRole(AriaRole.Heading, new() { NameRegex = new Regex("^Final comparison") })).ToBeVisibleAsync(new() { Timeout = WholeStudy });
            await Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync("Completed", new() { Timeout = WholeStudy });
            await CountsAsync(tab, least, most);
            await ContendersAsync(tab);
            await AdaptersAsync(tab);
            tab.ShouldBeQuiet();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new InvalidOperationException($"{error.Message}\n{studio.Said}", error);
        }
    }

    /// <summary>Two groups, two groupings, two allocations, two sets of groups, two methods; the summary follows each step.</summary>
    private static async Task<(int Least, int Most)> DefineAsync(StudyForm form)
    {
        await StudyForm.TypeAsync(form.Name, "First light");
        await form.ChooseAsync("Tasks", "Use sentiment", "Use similarity");
        var before = await form.Designs.InnerTextAsync();
        await form.ChooseAsync("Layer grouping", "Uniform", "Increasing");
        await Assertions.Expect(form.Designs).Not.ToHaveTextAsync(before);
        before = await form.Designs.InnerTextAsync();
        await form.ChooseAsync("Trainable-parameter allocation", "Increasing", "Uniform");
        await Assertions.Expect(form.Designs).Not.ToHaveTextAsync(before);
        await form.PickAsync("Layer groups (G)", "2", "groups: 2");
        await form.ChooseAsync("Tunable groups", "Tune G1+G2", "Tune G2");
        await form.ChooseAsync("Methods", "LoRA", "BitFit");
        // 1 uniform and 5 increasing vectors of 12 layers, 2 allocations, and 2 x 2 + 2 ways to give the tuned groups one method each.
        await Assertions.Expect(form.Designs).ToHaveTextAsync("72");

        await form.NumberAsync("Short regime", "Samples a choice (n)", 2, "samplesPerChoice");
        await form.NumberAsync("Short regime", "Designs in S0", 2, "startSamples");
        await form.NumberAsync("Short regime", "Epochs", 1, "epochs");
        await form.NumberAsync("Short regime", "Training rows a task", 32, "rowsPerTask");
        await form.NumberAsync("Rows that decide", "at most, rows", 40, "decisionRowsAtMost");
        await form.NumberAsync("Final comparison", "Seeds", 2, "seeds");
        await form.NumberAsync("Final comparison", "Training rows a task", 48, "rowsPerTask");
        await StudyForm.TypeAsync(form.Box("Final comparison", "Epochs"), "1");
        await Assertions.Expect(form.Trials).ToHaveTextAsync(new Regex("^[0-9]+ to [0-9]+$"));
        var trials = Regex.Matches(await form.Trials.InnerTextAsync(), "[0-9]+").Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
        return (trials[0], trials[1]);
    }

    /// <summary>A second browser, one without scripts (what the server drew), and this one after a refresh.</summary>
    private async Task OthersSeeTheSameAsync(RunningStudio studio, Tab tab, string path, string sentence)
    {
        await using var other = await chromium.OpenAsync(studio.Address, path);
        await Assertions.Expect(other.Page.GetByText(sentence)).ToBeVisibleAsync();
        other.ShouldBeQuiet();
        await using var plain = await chromium.OpenAsync(studio.Address, path, new() { JavaScriptEnabled = false });
        (await plain.Page.GetByText(sentence).CountAsync()).ShouldBe(1, "the first byte must already show the state");
        await tab.ReloadAsync();
        await Assertions.Expect(tab.Page.GetByText(sentence).First).ToBeAttachedAsync();
    }

    private static async Task CountsAsync(Tab tab, int least, int most)
    {
        var counts = Regex.Matches(await tab.Figure("Trials").InnerTextAsync(), "[0-9]+").Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
        counts[0].ShouldBe(counts[1]);
        counts[0].ShouldBeInRange(least, most, "the form's forecast must hold");
        await Assertions.Expect(tab.Figure("Failed")).ToHaveCountAsync(0);
    }

    private static async Task ContendersAsync(Tab tab)
    {
        var rows = tab.Page.GetByRole(AriaRole.Region, new() { Name = "Final comparison" }).Locator("tbody tr");
        (await rows.CountAsync()).ShouldBeInRange(3, 4); // the best of S0 may be the found design
        foreach (var score in await rows.Locator("td.strong").AllInnerTextsAsync())
            double.Parse(score.Split('\n')[0], CultureInfo.InvariantCulture).ShouldBeInRange(-100, 100);
    }

    private static async Task AdaptersAsync(Tab tab)
    {
        using var folder = new TempFolder();
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => tab.Link("Download all adapters").ClickAsync());
        await download.SaveAsAsync(folder["all.zip"]);
        await ZipFile.ExtractToDirectoryAsync(folder["all.zip"], folder["all"]);
        var found = Directory.GetFiles(folder["all"], AdapterFolder.ManifestName, SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file) ?? "").ToArray();
        found.Length.ShouldBe(2);
        foreach (var path in found)
        {
            var manifest = AdapterFolder.ReadManifest(path);
            using var weights = AdapterFolder.OpenWeights(path);
            weights.Entries.ShouldNotBeEmpty();
            File.ReadAllBytes(Path.Combine(path, LoadScriptFile.Name)).ShouldBe(LoadScriptFile.Bytes);
            manifest.Backbone.Name.ShouldBe("sample");
            var dev = manifest.Scores.Dev ?? throw new InvalidOperationException($"{path}: no dev score");
            var shown = tab.Page.GetByRole(AriaRole.Region, new() { Name = "Adapters" }).GetByRole(AriaRole.Link, new() { Name = manifest.Task.Definition.Name });
            await Assertions.Expect(shown).ToContainTextAsync(string.Create(CultureInfo.InvariantCulture, $"dev {dev.Score:0.0}"));
        }
    }
}
