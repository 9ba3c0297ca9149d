using System.Text.Json.Nodes;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Adapters;

public sealed class AdapterFolderTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TempFolder();
        var weights = SafetensorsWriter.ToBytes([SafetensorsTensor.FromFloats("head.weight", [1, 2], 2)]);
        var path = folder["new/adapter"];
        AdapterFolder.IsAdapter(path).ShouldBeFalse();
        AdapterFolder.Write(path, SampleManifest.Manifest, weights);
        AdapterFolder.IsAdapter(path).ShouldBeTrue();
        var read = AdapterFolder.ReadManifest(path);
        AdapterJson.Write(read).ShouldBe(AdapterJson.Write(SampleManifest.Manifest));
        read.Design.ShouldBe(SampleManifest.Manifest.Design);
        read.Scores.ShouldBe(SampleManifest.Manifest.Scores);
        read.Task.Definition.LabelNames.ShouldBe(["yes", "no <b>"]);
        read.Methods.Select(m => m.Name).ShouldBe(["bitfit", "lora"], ignoreOrder: true);
        read.Methods.ShouldContain(NamedMethods.Lora);
        using var file = AdapterFolder.OpenWeights(path);
        file.ReadFloats("head.weight").ShouldBe([1, 2]);
    }

    [Fact]
    public void A_generation_task_is_read_back_as_it_was()
    {
        using var folder = new TempFolder();
        var task = new TaskDefinition(
            "headlines", "t.csv", "d.csv", Column.At(0), null, Column.At(1), null, null, [TaskMetric.RougeL], TaskFileFormat.Csv, generation: new TextGeneration(8, 2, "summarize: "));
        AdapterFolder.Write(folder["adapter"], SampleManifest.Of(task), SafetensorsWriter.ToBytes([]));

        AdapterFolder.ReadManifest(folder["adapter"]).Task.Definition.ShouldBe(task);
    }

    [Fact]
    public void Runs_of_one_plan_differ_in_run_alone()
    {
        var other = SampleManifest.Manifest with { Run = new AdapterRun("99", "100", 2, "worker-2", DateTimeOffset.UnixEpoch) };
        AdapterJson.Write(other).ShouldNotBe(AdapterJson.Write(SampleManifest.Manifest));
        AdapterJson.Write(other with { Run = null }).ShouldBe(AdapterJson.Write(SampleManifest.Manifest with { Run = null }));
    }

    /// <summary>What follows from other values is not written: it would only be one more thing that could contradict them, and part of the design's hash.</summary>
    [Fact]
    public void Derived_values_stay_out_of_the_file()
    {
        var json = AdapterJson.Write(SampleManifest.Manifest);
        json.ShouldNotContain("isEmpty");
        json.ShouldNotContain("isSized");
        json.ShouldNotContain("hasSize");
    }

    [Fact]
    public void Full_fine_tuning_leaves_no_adapter() =>
        Should.Throw<ArgumentException>(() => AdapterManifest.Of(
            SampleManifest.Plan with { Design = null, Sizes = null }, SampleManifest.Result, SampleManifest.Task, [], "", "", new AdapterVersions("", ""), null));

    [Theory]
    [InlineData("format", "\"peftstudio-adapter-2\"", "'format' is 'peftstudio-adapter-2'; this version reads peftstudio-adapter-1")]
    [InlineData("format", null, "format")]
    [InlineData("backbone", null, "backbone")]
    [InlineData("backbone", "null", "backbone")]
    [InlineData("backbone.hash", "\"abc\"", "'backbone.hash' is 'abc'")]
    [InlineData("backbone.surprise", "1", "surprise")]
    [InlineData("tokenizerHash", "7", "tokenizerHash")]
    [InlineData("design.pattern", "\"zigzag\"", "design.pattern")]
    [InlineData("design.groupings", "[]", "'design.groupings' must cut each stack")]
    [InlineData("design.groupings", "[{\"sizes\": [4]}]", "'design.groupings' must cut each stack")]
    [InlineData("design.groupings", "[{\"sizes\": [4, 0]}]", "'design.groupings' must cut each stack")]
    [InlineData("design.tunable", "{\"groups\": [1]}", "'design.methods' of group 1 and 'design.tunable' contradict")]
    [InlineData("design.tunable", "{\"groups\": []}", "at least one group must be tunable")]
    [InlineData("design.methods", "[{\"names\": []}, {\"names\": [\"magic\"]}]", "group 2 has 'magic', which 'methods' does not describe")]
    [InlineData("sizes.sizes", "[]", "no size of at least 1 for 'lora' in group 2")]
    [InlineData("methods", "[]", "which 'methods' does not describe")]
    [InlineData("methods", "[null]", "'methods': item 0 of a list is null")]
    [InlineData("task.definition.metrics", "[\"meteor\"]", "'metrics' names 'meteor'")]
    [InlineData("task.definition.labels", null, "labels")]
    [InlineData("training.plan.precision", "\"fp8\"", "training.plan.precision")]
    [InlineData("scores.bestEpoch", "\"2\"", "scores.bestEpoch")]
    [InlineData("run.completedAt", "\"yesterday\"", "run.completedAt")]
    public void A_wrong_manifest_is_refused_by_name(string place, string? value, string message)
    {
        var root = JsonNode.Parse(AdapterJson.Write(SampleManifest.Manifest)) as JsonObject ?? [];
        var (at, names) = (root, place.Split('.'));
        foreach (var name in names[..^1])
            at = at[name] as JsonObject ?? throw new ArgumentException(place);
        if (value is null)
            at.Remove(names[^1]).ShouldBeTrue();
        else
            at[names[^1]] = JsonNode.Parse(value);
        Refused(root.ToJsonString()).ShouldContain(message);
    }

    [Fact]
    public void A_size_that_is_not_the_methods_own_is_refused()
    {
        var root = JsonNode.Parse(AdapterJson.Write(SampleManifest.Manifest)).ShouldNotBeNull();
        root["methods"].ShouldNotBeNull().AsArray().Single(method => method?["name"]?.GetValue<string>() == "lora").ShouldNotBeNull()["size"] = 4;
        Refused(root.ToJsonString()).ShouldContain("'sizes' gives 'lora' the size 3 in group 2; its own in 'methods' is 4");
    }

    [Theory]
    [InlineData("null", "is null")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    [InlineData("""{"format": "a", "format": "b"}""", "format")]
    [InlineData("""{"format": "\ud800"}""", "")]
    public void What_is_no_manifest_is_refused(string json, string message) => Refused(json).ShouldContain(message);

    [Fact]
    public void Absent_files_are_named()
    {
        using var folder = new TempFolder();
        Should.Throw<InvalidDataException>(() => AdapterFolder.ReadManifest(folder.Path)).Message.ShouldContain("adapter.json: the file does not exist");
        Should.Throw<SafetensorsException>(() => AdapterFolder.OpenWeights(folder.Path)).Message.ShouldContain("adapter.safetensors: the file does not exist");
    }

    private static string Refused(string json)
    {
        using var folder = new TempFolder();
        folder.Write("adapter.json", json);
        var message = Should.Throw<InvalidDataException>(() => AdapterFolder.ReadManifest(folder.Path)).Message;
        message.ShouldStartWith(folder["adapter.json"]);
        return message;
    }
}
