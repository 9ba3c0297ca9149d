using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tests.Adapters;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Tests;

public sealed class JsonSchemasTests
{
    private static readonly StudyPlan Study = new() { Name = "s", Backbone = "b", Tasks = ["rte"], Design = SampleManifest.Plan.Design };

    private static readonly ExportReport Export = new(
        ExportReport.CurrentFormat, ExportLayout.Peft, SampleManifest.Manifest.Backbone, "entailment", new string('e', 64), [new ExportedFile("a/b.json", 3, new string('f', 64))],
        ["prefix in layer 0: why"], ["a note"], new ExportComparison(8, 1.5, 1e-4, 0, 0.25));

    private static readonly TaskDefinition Headlines = TaskJson.Read(
        """{"name": "headlines", "files": {"train": "t.csv", "dev": "d.csv"}, "columns": {"text": 0, "target": 1}, "generation": {"maxTokens": 8}, "metrics": ["rougeL"]}""");

    public static TheoryData<string, string> Files => new()
    {
        { "adapter", AdapterJson.Write(SampleManifest.Manifest) },
        { "adapter", AdapterJson.Write(SampleManifest.Manifest with { Run = null }) },
        { "export", JsonSerializer.Serialize(Export, AdapterJson.Options) },
        { "plan", CanonicalJson.Write(SampleManifest.Plan) },
        { "plan", CanonicalJson.Write(SampleManifest.Plan with { OwnMethods = [NamedMethods.Ia3 with { Name = "own", Title = "Own" }] }) },
        { "plan", CanonicalJson.Write(SampleManifest.Plan with { Design = null, Sizes = null, TrainingRows = null }) },
        { "study", CanonicalJson.Write(Study) },
        { "study", CanonicalJson.Write(Study with { OwnMethods = [NamedMethods.Lora with { Name = "own", Title = "Own" }] }) },
        { "study", CanonicalJson.Write(Study with { Space = null, Budget = new Budget(parameters: 5000) }) },
        { "study", """{"name": "s", "backbone": "b", "tasks": ["rte"], "space": {"groups": 3, "strategies": [[["lora"], ["lora", "adapter"]]]}}""" },
        { "task", TaskJson.Write(SampleManifest.Task) },
        { "task", TaskJson.Write(Headlines) },
        { "adapter", AdapterJson.Write(SampleManifest.Of(Headlines)) },
        { "results", CanonicalJson.Write(new StudyResults(StudyResults.CurrentFormat, Study, new StudyAssets(SampleManifest.Plan.Backbone, [SampleManifest.Plan.Task]), [], null, null)) },
    };

    [Theory, MemberData(nameof(Files))]
    public void What_the_studio_writes_and_reads_fits_its_schema(string name, string json) => Problems(name, json).ShouldBeEmpty();

    [Theory]
    [InlineData("adapter", "design.pattern", "\"zigzag\"", "$.design.pattern")]
    [InlineData("adapter", "design.groupings", "[{\"sizes\": [\"4\"]}]", "$.design.groupings[0].sizes[0]")]
    [InlineData("adapter", "surprise", "1", "$.surprise: unknown")]
    [InlineData("adapter", "backbone", null, "$.\"backbone\"")]
    [InlineData("adapter", "task.definition.columns.text", "true", "$.task.definition.columns.text")]
    [InlineData("export", "layout", "\"zip\"", "$.layout")]
    [InlineData("export", "comparison.tolerance", "\"small\"", "$.comparison.tolerance")]
    [InlineData("study", "tasks", null, "missing")]
    [InlineData("study", "budget", "{\"percent\": \"much\"}", "$.budget.percent")]
    [InlineData("task", "format", "\"xlsx\"", "$.format")]
    public void What_the_studio_refuses_does_not(string name, string place, string? value, string problem)
    {
        var root = JsonNode.Parse(Files.First(f => f.Data.Item1 == name).Data.Item2) as JsonObject ?? [];
        var (at, names) = (root, place.Split('.'));
        foreach (var part in names[..^1])
            at = at[part] as JsonObject ?? throw new ArgumentException(place);
        if (value is null)
            at.Remove(names[^1]).ShouldBeTrue();
        else
            at[names[^1]] = JsonNode.Parse(value);
        Problems(name, root.ToJsonString()).ShouldContain(p => p.Contains(problem, StringComparison.Ordinal) || p.Contains("missing", StringComparison.Ordinal) && value == null);
    }

    [Fact]
    public void Every_place_of_a_schema_says_something()
    {
        foreach (var (name, text) in JsonSchemas.All)
        {
            text.ShouldNotContain("$ref", customMessage: name);
            using var schema = JsonDocument.Parse(text);
            Silent(schema.RootElement, name).ShouldBeEmpty();
        }
    }

    private static IEnumerable<string> Silent(JsonElement schema, string place)
    {
        if (schema.ValueKind != JsonValueKind.Object || !(schema.TryGetProperty("type", out _) || schema.TryGetProperty("enum", out _)))
            return [$"{place}: {schema.GetRawText()}"];
        var inner = schema.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().SelectMany(p => Silent(p.Value, $"{place}.{p.Name}")) : [];
        return schema.TryGetProperty("items", out var items) ? inner.Concat(Silent(items, place + "[]")) : inner;
    }

    private static IReadOnlyList<string> Problems(string name, string json)
    {
        using var schema = JsonDocument.Parse(JsonSchemas.All[name]);
        using var value = JsonDocument.Parse(json);
        return SchemaCheck.Problems(schema.RootElement, value.RootElement);
    }
}
