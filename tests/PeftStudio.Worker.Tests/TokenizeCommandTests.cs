using System.Text.Json.Nodes;
using PeftStudio.Tests;

namespace PeftStudio.Worker.Tests;

public sealed class TokenizeCommandTests
{
    private static readonly string Sample = Path.Combine(Folders.Repository, "samples", "backbones", "sample");

    [Theory]
    [InlineData("bert-base-uncased")]
    [InlineData("roberta-base")]
    [InlineData("t5")]
    public async Task Its_lines_are_the_reference_tokenizers(string name)
    {
        var folder = Folders.RequireShared("tokenizers", name);
        var goldens = Folders.RequireShared("goldens", "tokenizers", $"{name}.jsonl");
        using var files = new TempFolder();
        (await WorkerProgram.RunAsync("tokenize", "--backbone", folder, "--input", goldens, "--output", files["out.jsonl"])).Code.ShouldBe(0);
        var (wanted, found) = (await File.ReadAllLinesAsync(goldens), await File.ReadAllLinesAsync(files["out.jsonl"]));
        found.Length.ShouldBe(wanted.Length);
        foreach (var (want, have) in wanted.Zip(found))
            JsonNode.DeepEquals(JsonNode.Parse(want), JsonNode.Parse(have)).ShouldBeTrue($"{want}\n{have}");
    }

    [Theory]
    [InlineData("{\"text\": 3}", "line 1")]
    [InlineData("{\"text\": \"a\"}\n{\"text\": \"b\", \"max_length\": \"ten\"}", "line 2")]
    [InlineData("no json", "line 1")]
    [InlineData("{\"pair\": \"b\"}", "line 1")]
    public async Task A_bad_line_is_named(string lines, string place)
    {
        using var files = new TempFolder();
        var (code, _, error) = await WorkerProgram.RunAsync("tokenize", "--backbone", Sample, "--input", files.Write("in.jsonl", lines), "--output", files["out.jsonl"]);
        code.ShouldBe(1);
        error.ShouldStartWith("error: ");
        error.ShouldContain(place);
    }

    [Fact]
    public async Task A_folder_without_a_tokenizer_is_named()
    {
        using var files = new TempFolder();
        var (code, _, error) = await WorkerProgram.RunAsync("tokenize", "--backbone", files.Path, "--input", files.Write("in.jsonl", "{\"text\": \"a\"}"), "--output", files["out.jsonl"]);
        code.ShouldBe(1);
        error.ShouldContain(files.Path);
    }
}
