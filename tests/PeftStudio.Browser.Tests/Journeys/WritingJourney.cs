using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Adapters;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>Over a backbone that writes: one task of labels and one of texts, from the form to the written texts.</summary>
public sealed class WritingJourney(Chromium chromium)
{
    private const float Training = 120_000;

    [Fact]
    public async Task ATinyT5LearnsLabelsAndTextsAndWritesThemFromItsFiles()
    {
        using var folder = new TempFolder();
        var root = new DirectoryInfo(folder.Path);
        var backbones = root.CreateSubdirectory("backbones");
        var (t5, tasks) = (TinySequences.Write(backbones, "t5", layers: 4), root.CreateSubdirectory("tasks"));
        TinySequences.Write(backbones, "bart", layers: 4);
        TinyAssets.WriteTask(tasks, "opinions", regression: false);
        var moods = TinyAssets.WriteTexts(tasks);
        await using var studio = await RunningStudio.StartAsync(workers: 2, tasks: tasks.FullName, backbones: backbones.FullName);
        await using var tab = await chromium.OpenAsync(studio.Address);
        try
        {
            var form = await StudyForm.OpenAsync(tab, "?preset=quick");
            await RefusedOverAnEncoderAsync(tab, form);
            await DefineAsync(tab, form);
            await form.StartAsync();
            await Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync("Completed", new() { Timeout = Training });
            await Assertions.Expect(tab.Figure("Failed")).ToHaveCountAsync(0);
            await ResultAsync(tab);
            await WrittenAsync(studio, tab, t5, moods);
            tab.ShouldBeQuiet();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new InvalidOperationException($"{error.Message}\n{studio.Said}", error);
        }
    }

    /// <summary>A task of texts cannot be ticked over an encoder; one that is in the plan already is named at the field, with the remedy.</summary>
    private static async Task RefusedOverAnEncoderAsync(Tab tab, StudyForm form)
    {
        const string Why = "a backbone of the kind bert writes none; leave the task out, or choose an encoder-decoder";
        var moods = tab.Page.GetByLabel("Use moods");
        await form.PickAsync("Backbone", "sample", "backbone: sample");
        await Assertions.Expect(moods).ToBeDisabledAsync();
        await Assertions.Expect(form.Group("Tasks")).ToContainTextAsync(Why);
        await form.PickAsync("Backbone", "tiny-bart", "backbone: tiny-bart");
        await form.ChooseAsync("Tasks", "Use moods");
        await form.PickAsync("Backbone", "sample", "backbone: sample");
        await Assertions.Expect(form.Group("Tasks").GetByRole(AriaRole.Alert)).ToContainTextAsync(Why);
        await Assertions.Expect(form.Start).ToBeDisabledAsync();
    }

    private static async Task DefineAsync(Tab tab, StudyForm form)
    {
        await StudyForm.TypeAsync(form.Name, "Writers");
        await form.PickAsync("Backbone", "tiny-t5", "backbone: tiny-t5");
        await form.ChooseAsync("Tasks", "Use moods", "Use opinions");
        await form.PickAsync("Layer groups (G)", "2", "groups: 2");
        await form.ChooseAsync("Layer grouping", "Uniform", "Increasing");
        await form.ChooseAsync("Trainable-parameter allocation", "Uniform");
        await form.ChooseAsync("Tunable groups", "Tune G1+G2");
        await form.ChooseAsync("Methods", "LoRA", "Adapter");
        await form.NumberAsync("Short regime", "Samples a choice (n)", 1, "samplesPerChoice");
        await form.NumberAsync("Short regime", "Designs in S0", 1, "startSamples");
        await form.NumberAsync("Short regime", "Epochs", 1, "epochs");
        await form.NumberAsync("Short regime", "Training rows a task", 48, "rowsPerTask");
        await form.NumberAsync("Final comparison", "Seeds", 1, "seeds");
        await form.NumberAsync("Final comparison", "Training rows a task", 120, "rowsPerTask");
        await form.NumberAsync("Final comparison", "Epochs", 8, "epochs");
        await form.NumberAsync("Trainable parameters, a hard cap", "Percent of the backbone", 20, "percent");
        await StudyForm.TypeAsync(form.Yaml, Regex.Replace(await form.Yaml.InputValueAsync(), "^  rate: .*$", "  rate: 0.01", RegexOptions.Multiline));
    }

    private static async Task ResultAsync(Tab tab)
    {
        var table = tab.Page.GetByRole(AriaRole.Region, new() { Name = "Final comparison" });
        await Assertions.Expect(table.Locator("thead")).ToContainTextAsync(new Regex("moods.*opinions", RegexOptions.Singleline));
        // The found design's texts: a random T5 that has learnt nothing scores 0.
        double.Parse((await table.Locator("tr.winner td").Nth(1).InnerTextAsync()).Split('\n')[0], CultureInfo.InvariantCulture).ShouldBeInRange(5, 100);
        // Both stacks are drawn, each under its name.
        var drawn = tab.Page.Locator("svg.structure");
        await Assertions.Expect(drawn).ToContainTextAsync(new Regex("encoder", RegexOptions.Singleline));
        await Assertions.Expect(drawn).ToContainTextAsync(new Regex("decoder", RegexOptions.Singleline));
        (await tab.AxeAsync()).ShouldBeEmpty();
        await tab.ShootAsync("writing-result");
    }

    /// <summary>From the downloaded adapter alone each dev row's text is written again, and scores what the page shows.</summary>
    private static async Task WrittenAsync(RunningStudio studio, Tab tab, string backbone, string task)
    {
        using var folder = new TempFolder();
        var link = tab.Page.GetByRole(AriaRole.Region, new() { Name = "Adapters" }).GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^moods: dev") });
        var shown = Regex.Match(await link.InnerTextAsync(), @"dev (-?[0-9.]+)").Groups[1].Value;
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        await download.SaveAsAsync(folder["moods.zip"]);
        await ZipFile.ExtractToDirectoryAsync(folder["moods.zip"], folder["moods"]);
        var adapter = Path.GetDirectoryName(Directory.GetFiles(folder["moods"], AdapterFolder.ManifestName, SearchOption.AllDirectories).ShouldHaveSingleItem()) ?? "";

        var (code, said) = await studio.CommandAsync(
            "predict", "--backbone", backbone, "--adapter", adapter, "--input", Path.Combine(task, "dev.jsonl"), "--output", folder["written.jsonl"]);

        code.ShouldBe(0, said);
        var written = File.ReadAllLines(folder["written.jsonl"]).Select(line => JsonNode.Parse(line)?["text"]?.GetValue<string>()).ToArray();
        written.Length.ShouldBe(40);
        written.ShouldAllBe(text => text != null);
        written.ShouldContain(text => Regex.IsMatch(text!, "good|bad"));
        var score = Regex.Match(said, "\"score\":(-?[0-9.eE+-]+)").Groups[1].Value;
        double.Parse(score, CultureInfo.InvariantCulture).ToString("0.0", CultureInfo.InvariantCulture).ShouldBe(shown);
    }
}
