using System.Globalization;
using System.Text.Json.Nodes;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Adapters;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>The same job without a browser: <c>run</c> on a running studio, then <c>predict</c> from the files alone.</summary>
public sealed class CommandLineJourneys
{
    private static readonly string Backbone = Path.Combine(Folders.Repository, "samples", "backbones", "sample");

    [Fact]
    public async Task ARunLeavesAdaptersThatPredictTheirStoredScores()
    {
        await using var studio = await RunningStudio.StartAsync(workers: 2);
        using var files = new TempFolder();
        var said = await RunAsync(studio, files, StudyText.Whole);
        said.ShouldContain("S1  ");
        said.ShouldContain("Found design");
        await PredictsWhatIsStoredAsync(studio, files, "sentiment", Path.Combine(Folders.Repository, "samples", "tasks", "sentiment", "dev.tsv"));
    }

    [Fact]
    public async Task AStudyOverRealGlueCompletes()
    {
        var glue = Folders.RequireShared("data", "glue");
        await using var studio = await RunningStudio.StartAsync(workers: 2, tasks: glue);
        using var files = new TempFolder();
        await RunAsync(studio, files, StudyText.Glue);
        var results = JsonNode.Parse(await File.ReadAllTextAsync(files["out/results.json"])).ShouldNotBeNull();
        results["final"].ShouldNotBeNull()["rows"].ShouldNotBeNull()[0].ShouldNotBeNull()["tasks"].ShouldNotBeNull().AsArray()
            .Select(task => task?["task"]?.GetValue<string>()).ShouldBe(["RTE", "MRPC", "CoLA"]);
        await PredictsWhatIsStoredAsync(studio, files, "RTE", Path.Combine(glue, "RTE", "dev.tsv"));
    }

    [Fact]
    public async Task APlanThatCannotRunIsRefusedWithThePlacesOfItsProblems()
    {
        await using var studio = await RunningStudio.StartAsync(workers: 0);
        using var files = new TempFolder();
        var plan = files.Write("study.yaml", StudyText.Whole.Replace("[sentiment]", "[sentimental]", StringComparison.Ordinal).Replace("percent: 0.5", "percent: 0.0001", StringComparison.Ordinal));
        var (code, said) = await studio.CommandAsync("run", plan, "--out", files["out"], "--address", studio.Address.ToString());
        code.ShouldBe(1, said);
        said.ShouldContain("sentimental");
        Directory.Exists(files["out"]).ShouldBeFalse();
    }

    private static async Task<string> RunAsync(RunningStudio studio, TempFolder files, string study)
    {
        var (code, said) = await studio.CommandAsync("run", files.Write("study.yaml", study), "--out", files["out"], "--address", studio.Address.ToString());
        code.ShouldBe(0, $"{said}\n{studio.Said}");
        said.ShouldContain("completed in ");
        return said;
    }

    private static async Task PredictsWhatIsStoredAsync(RunningStudio studio, TempFolder files, string task, string rows)
    {
        var adapter = files[$"out/{task}"];
        var stored = AdapterFolder.ReadManifest(adapter).Scores.Dev ?? throw new InvalidOperationException($"{adapter}: no dev score");
        var (code, said) = await studio.CommandAsync("predict", "--backbone", Backbone, "--adapter", adapter, "--input", rows, "--output", files["predicted.jsonl"]);
        code.ShouldBe(0, said);
        said.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"\"score\":{stored.Score:R}"));
        (await File.ReadAllLinesAsync(files["predicted.jsonl"])).Length.ShouldBeGreaterThan(100);
    }
}
