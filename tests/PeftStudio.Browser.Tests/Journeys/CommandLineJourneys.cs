using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Adapters;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;

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

    /// <summary>The hub goes away once the fetch has ended: what was fetched is read by tokenizer and model as the folder that it was made of.</summary>
    [Fact]
    public async Task AFetchedBackboneIsUsedWithoutTheHub()
    {
        using var hub = new PlayedHub();
        hub.Add("someone/sample", [.. Directory.EnumerateFiles(Backbone).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]);
        await using var studio = await RunningStudio.StartAsync(workers: 0, hub: hub.Address);
        await FetchAsync(studio, "someone/sample", "fetched");
        hub.Dispose();
        using var files = new TempFolder();
        var texts = files.Write("texts.jsonl", """{"text": "a film that is hardly worth its ticket"}""");
        var rows = files.Write("rows.json", """{"input_ids": [[2, 1037, 2143, 3], [2, 2204, 3, 0]], "attention_mask": [[1, 1, 1, 1], [1, 1, 1, 0]], "labels": [0, 1]}""");
        foreach (var (folder, to) in ((string, string)[])[(Backbone, "here"), (Path.Combine(studio.Backbones, "fetched"), "there")])
        {
            var (code, said) = await studio.CommandAsync("tokenize", "--backbone", folder, "--input", texts, "--output", files[$"{to}.jsonl"]);
            code.ShouldBe(0, said);
            (code, said) = await studio.CommandAsync("forward", "--backbone", folder, "--inputs", rows, "--output", files[$"{to}.safetensors"]);
            code.ShouldBe(0, said);
        }
        (await File.ReadAllTextAsync(files["there.jsonl"])).ShouldBe(await File.ReadAllTextAsync(files["here.jsonl"]));
        (await File.ReadAllBytesAsync(files["there.safetensors"])).ShouldBe(await File.ReadAllBytesAsync(files["here.safetensors"]));
    }

    private static async Task FetchAsync(RunningStudio studio, string name, string target)
    {
        using var client = new HttpClient { BaseAddress = studio.Address };
        using var answer = await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { name, @as = target });
        var view = (await answer.Content.ReadFromJsonAsync<JsonNode>()).ShouldNotBeNull();
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, view.ToString());
        for (var tries = 0; tries < 500 && view["state"]?.GetValue<string>() is "waiting" or "running"; tries++)
        {
            await Task.Delay(20);
            view = (await client.GetFromJsonAsync<JsonNode>(answer.Headers.Location)).ShouldNotBeNull();
        }
        view["state"]?.GetValue<string>().ShouldBe("completed", view.ToString());
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
