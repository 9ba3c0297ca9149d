using System.Text.Json.Nodes;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tasks;

/// <summary>Why a backbone that writes its answers cannot write a task's, and what to do about it.</summary>
public sealed class LabelTextsTests
{
    private const string Digits = "0123456789.";

    [Theory]
    [InlineData(0, 5, Digits, null)]
    [InlineData(0, 0.025f, Digits, null)]
    [InlineData(0, 0.01f, Digits, "steps 1 and 2 of 26 over the range 0 to 0.01 are both written '0.0'. Give the scores, and 'regression' in its task.json, in another unit, so that a step is at least 0.001")]
    [InlineData(0, 5, "a", "its tokenizer gives the scores '0.0' and '0.2' the same tokens. Take a backbone whose tokenizer has digits and the point")]
    public void A_range_is_refused_with_a_remedy_for_ranges(float minimum, float maximum, string signs, string? problem) =>
        Should(Task(labels: null, new ScoreRange(minimum, maximum)), signs, problem);

    [Theory]
    [InlineData("0", "1", null)]
    [InlineData("yes", "no", "its tokenizer gives labels 1 and 2 ('yes', 'no') the same tokens. Give the labels other names in its task.json")]
    public void Labels_are_refused_with_a_remedy_for_labels(string first, string second, string? problem) => Should(Task([first, second]), Digits, problem);

    [Theory]
    [InlineData(2000, null)]
    [InlineData(2001, "it has 2001 labels, and all of them are decoded at once; at most 2000 are. Take a BERT, RoBERTa or BART, which has a head for labels")]
    public void So_many_labels_are_written_and_no_more(int count, string? problem) =>
        Should(Task([.. Enumerable.Range(0, count).Select(label => $"{label}")]), Digits, problem);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_an_end_nothing_is_written(bool labels)
    {
        using var folder = new TempFolder();
        TinyUnigram.Write(folder.Path, ["yes", "no"]);
        var json = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"])).ShouldNotBeNull();
        var task = labels ? Task(["yes", "no"]) : new TaskDefinition(
            "own", "t.tsv", "d.tsv", Column.Named("a"), null, Column.Named("b"), null, null, [TaskMetric.Bleu], generation: new TextGeneration(maxTokens: 8));
        LabelTexts.Problem(task, Tokenizer.FromFolder(folder.Path)).ShouldBeNull();
        json["post_processor"] = null;
        folder.Write("tokenizer.json", json.ToJsonString());
        TextEnd.Of(Tokenizer.FromFolder(folder.Path)).ShouldBeNull();
        LabelTexts.Problem(task, Tokenizer.FromFolder(folder.Path)).ShouldBe(
            "the task 'own' cannot be written by this backbone: its tokenizer puts no end token behind a text, so no answer would end. Take the backbone's own tokenizer files (in tokenizer.json, 'post_processor' adds the token)");
    }

    private static void Should(TaskDefinition task, string signs, string? problem)
    {
        using var folder = new TempFolder();
        TinyUnigram.Write(folder.Path, [], signs);
        LabelTexts.Problem(task, Tokenizer.FromFolder(folder.Path)).ShouldBe(problem is null ? null : $"the task 'own' cannot be written by this backbone: {problem}");
    }

    private static TaskDefinition Task(ValueList<string>? labels, ScoreRange? range = null) => new(
        "own", "t.tsv", "d.tsv", Column.Named("a"), null, Column.Named("b"), labels is null ? null : new TaskLabels(labels), range, [range is null ? TaskMetric.Accuracy : TaskMetric.Pearson]);
}
