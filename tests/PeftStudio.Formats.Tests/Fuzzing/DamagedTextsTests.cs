using System.Text;
using PeftStudio.Formats.Studies;
using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Fuzzing;

/// <summary>The same of what people write themselves: rows of tasks, and studies.</summary>
public sealed class DamagedTextsTests
{
    private static readonly Type[] InvalidTask = [typeof(InvalidTaskException)];

    [Fact]
    public void Rows_in_columns()
    {
        var source = Path.Combine(Folders.Repository, "samples", "tasks", "entailment");
        var definition = TaskJson.ReadFile(Path.Combine(source, "task.json"));
        var rows = Encoding.UTF8.GetBytes(string.Concat(File.ReadLines(Path.Combine(source, "dev.tsv")).Take(20).Select(line => line + "\n")));
        DamagedFile.Bytes(new() { ["dev.tsv"] = rows }, "dev.tsv", 1000, folder => TaskFile.Read(definition, Path.Join(folder, "dev.tsv"), skipBadRows: false), InvalidTask);
    }

    [Fact]
    public void Rows_with_quotes()
    {
        var definition = Definition("csv");
        var rows = "text,label\n\"a, b\",yes\n\"c \"\"d\"\"\ne\",no\nf,yes\n"u8.ToArray();
        DamagedFile.Bytes(new() { ["dev.csv"] = rows }, "dev.csv", 1000, folder => TaskFile.Read(definition, Path.Join(folder, "dev.csv"), skipBadRows: false), InvalidTask);
    }

    [Fact]
    public void Rows_as_JSON_lines()
    {
        var definition = Definition("jsonl");
        var row = """{"text": "a b c", "label": "yes", "more": [1, {"x": null}]}"""u8.ToArray();
        DamagedFile.Json(new() { ["dev.jsonl"] = row }, "dev.jsonl", 1000, folder => TaskFile.Read(definition, Path.Join(folder, "dev.jsonl"), skipBadRows: false), InvalidTask, keys: false);
    }

    [Fact]
    public void Studies_in_YAML() =>
        DamagedFile.Bytes(new() { ["study.yaml"] = Sample() }, "study.yaml", 1000, folder => ReadStudy(folder, "study.yaml"), [typeof(InvalidDataException)]);

    [Fact]
    public void Studies_in_JSON()
    {
        var plan = StudyYaml.Read(Encoding.UTF8.GetString(Sample())).Plan.ShouldNotBeNull();
        DamagedFile.Json(
            new() { ["study.json"] = Encoding.UTF8.GetBytes(StudyYaml.WriteJson(plan)) }, "study.json", 1000, folder => ReadStudy(folder, "study.json"), [typeof(InvalidDataException)], keys: false);
    }

    private static byte[] Sample() => File.ReadAllBytes(Path.Combine(Folders.Repository, "samples", "studies", "quick.yaml"));

    private static TaskDefinition Definition(string format) => TaskJson.Read(
        $$"""{"name": "x", "files": {"train": "t.{{format}}", "dev": "dev.{{format}}"}, "columns": {"text": "text", "label": "label"}, "labels": ["yes", "no"], "metrics": ["accuracy"]}""");

    /// <summary>A study's problems are values; here they become the refusal that the others throw.</summary>
    private static void ReadStudy(string folder, string name)
    {
        var reading = StudyYaml.Read(File.ReadAllText(Path.Join(folder, name)));
        (reading.Plan is null).ShouldBe(reading.Problems.Count > 0);
        foreach (var problem in reading.Problems)
            problem.Message.Length.ShouldBeInRange(1, 1500);
        if (reading.Plan is null)
            throw new InvalidDataException($"{folder}: {reading.Problems[0].Key}");
    }
}
