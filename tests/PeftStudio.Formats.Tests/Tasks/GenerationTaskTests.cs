using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Tasks;

/// <summary>Tasks whose targets are texts: summaries, translations.</summary>
public sealed class GenerationTaskTests : IDisposable
{
    private const string Json = """
        {
          "name": "headlines",
          "files": { "train": "train.jsonl", "dev": "dev.jsonl" },
          "columns": { "text": "document", "target": "summary" },
          "generation": { "maxTokens": 60, "beams": 6, "prefix": "summarize: " },
          "metrics": ["rouge1", "rouge2", "rougeL", "bleu"]
        }
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static TaskDefinition Translation(TaskFileFormat format) => new(
        "translation", "train", "dev", Column.Named("en"), null, Column.Named("de"), null, null, [TaskMetric.Bleu], format, generation: new(40));

    [Fact]
    public void A_definition_is_read_and_written()
    {
        var task = TaskJson.Read(Json);

        (task.Kind, task.IsRegression, task.Outputs, task.LabelNames.Count).ShouldBe((TargetKind.Texts, false, 0, 0));
        (task.Text, task.Label, task.Pair).ShouldBe((Column.Named("document"), Column.Named("summary"), null));
        task.Generation.ShouldBe(new TextGeneration(60, 6, "summarize: "));
        task.MetricNames.ShouldBe(["rouge1", "rouge2", "rougeL", "bleu"]);
        TaskJson.Read(TaskJson.Write(task)).ShouldBe(task);
        TaskJson.Write(task).ShouldContain("\"target\": \"summary\"");
    }

    [Fact]
    public void Four_beams_and_no_prefix_are_the_defaults() =>
        TaskJson.Read(Json.Replace(", \"beams\": 6, \"prefix\": \"summarize: \"", "", StringComparison.Ordinal)).Generation.ShouldBe(new TextGeneration(60, 4, ""));

    public static TheoryData<string, string, string> WrongFiles => new()
    {
        { "\"target\": \"summary\"", "\"label\": \"summary\"", "'columns.target' is missing" },
        { "\"target\": \"summary\"", "\"target\": \"summary\", \"label\": \"summary\"", "'columns.label' is unknown; the keys here are text, pair, target" },
        { "\"target\": \"summary\"", "\"target\": \"summary\", \"pair\": \"question\"", "'columns.pair' is for labels and scores" },
        { "\"target\": \"summary\"", "\"target\": 1", "JSON lines have keys" },
        { "\"maxTokens\": 60, ", "", "'generation.maxTokens' is missing" },
        { "\"maxTokens\": 60", "\"maxTokens\": 1", "'generation.maxTokens' is 1; 2 to 1024" },
        { "\"maxTokens\": 60", "\"maxTokens\": 6000", "'generation.maxTokens' is 6000" },
        { "\"maxTokens\": 60", "\"maxTokens\": 1.5", "'generation.maxTokens' must be a whole number" },
        { "\"maxTokens\": 60", "\"maxTokens\": \"60\"", "'generation.maxTokens' must be a whole number" },
        { "\"beams\": 6", "\"beams\": 0", "'generation.beams' is 0; 1 (greedy) to 32" },
        { "\"beams\": 6", "\"beams\": 33", "'generation.beams' is 33" },
        { "\"beams\"", "\"beam\"", "'generation.beam' is unknown; the keys here are maxTokens, beams, prefix" },
        { "\"summarize: \"", "3", "'generation.prefix' must be text" },
        { "\"summarize: \"", "\"a\\nb\"", "'generation.prefix' must be at most 200 printable characters" },
        { "{ \"maxTokens\": 60, \"beams\": 6, \"prefix\": \"summarize: \" }", "true", "'generation' must be an object" },
        { "\"generation\"", "\"labels\": [\"a\", \"b\"], \"generation\"", "write exactly one of them" },
        { "\"generation\"", "\"regression\": {\"min\": 0, \"max\": 1}, \"generation\"", "write exactly one of them" },
        { "\"rouge1\", ", "\"accuracy\", ", "the metric accuracy is for classes, and this task has texts; choose from rouge1, rouge2, rougeL, bleu" },
        { "\"rouge1\", ", "\"pearson\", ", "the metric pearson is for scores, and this task has texts" },
        { "\"rougeL\"", "\"rougel\"", "'metrics' names 'rougel'; choose from accuracy, f1, matthews, pearson, spearman, rouge1, rouge2, rougeL, bleu" },
    };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void What_is_wrong_is_named(string correct, string wrong, string message)
    {
        Json.ShouldContain(correct);

        Should.Throw<InvalidTaskException>(() => TaskJson.Read(Json.Replace(correct, wrong, StringComparison.Ordinal))).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(TaskFileFormat.Jsonl, "{\"en\": \"a cat\", \"de\": \" eine Katze\"}\n{\"en\": \"2\", \"de\": 2}\n", 2)]
    [InlineData(TaskFileFormat.Tsv, "de\ten\n eine Katze\ta cat\n2\t2\n", 3)]
    [InlineData(TaskFileFormat.Csv, "en,de\n\"a cat\",\" eine Katze\"\n2,2\n", 3)]
    public void Rows_carry_their_target_text(TaskFileFormat format, string text, int lastRow)
    {
        var rows = TaskFile.Read(Translation(format), folder.Write("train", text), skipBadRows: false).Rows;

        rows.ShouldBe([new("a cat", null, 0, lastRow - 1, " eine Katze"), new("2", null, 0, lastRow, "2")]);
    }

    [Theory]
    [InlineData(TaskFileFormat.Jsonl, "{\"en\": \"a\", \"de\": \"b\"}\n{\"en\": \"a\", \"de\": \" \"}\n", 2, "the target is empty; write the text that is wanted")]
    [InlineData(TaskFileFormat.Jsonl, "{\"en\": \"a\", \"de\": \"b\"}\n{\"en\": \"a\"}\n", 2, "it has no 'de'")]
    [InlineData(TaskFileFormat.Jsonl, "{\"en\": \"a\", \"de\": \"b\"}\n{\"en\": \"a\", \"de\": [\"b\"]}\n", 2, "'de' is neither text nor a number")]
    [InlineData(TaskFileFormat.Tsv, "en\tde\na\tb\na\t\n", 3, "the target is empty; write the text that is wanted")]
    [InlineData(TaskFileFormat.Tsv, "en\tde\na\tb\na\n", 3, "it has 1 column and the header has 2")]
    public void A_bad_row_is_an_error_with_its_number_or_is_skipped_where_agreed(TaskFileFormat format, string text, int row, string problem)
    {
        var path = folder.Write("rows", text);

        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Translation(format), path, skipBadRows: false)).Message.ShouldStartWith($"rows, row {row}: {problem}");
        var read = TaskFile.Read(Translation(format), path, skipBadRows: true);
        read.Rows.ShouldHaveSingleItem().TargetText.ShouldBe("b");
        read.BadRows.ShouldBe([new(row, problem)]);
    }

    [Fact]
    public void A_column_that_is_absent_is_named() =>
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Translation(TaskFileFormat.Tsv), folder.Write("rows", "en\tfr\na\tb\n"), skipBadRows: true))
            .Message.ShouldBe("rows has no column 'de'; its header names 'en', 'fr'");

    [Fact]
    public void Rows_to_predict_have_targets_all_or_none()
    {
        var task = Translation(TaskFileFormat.Jsonl);

        var scored = TaskFile.ReadUnscored(task, folder.Write("a.jsonl", "{\"en\": \"a\", \"de\": \"b\"}\n"));
        (scored.Targets, scored.Texts[0]).ShouldBe((null, new TaskText("a", null, 1)));
        scored.TargetTexts.ShouldBe(["b"]);
        var open = TaskFile.ReadUnscored(task, folder.Write("b.tsv", "en\na\n"));
        (open.Targets, open.TargetTexts).ShouldBe((null, null));
        Should.Throw<InvalidTaskException>(() => TaskFile.ReadUnscored(task, folder.Write("c.jsonl", "{\"en\": \"a\", \"de\": \"b\"}\n{\"en\": \"a\"}\n")))
            .Message.ShouldContain("row 2: some rows have a label or target and this one differs");
    }

    [Fact]
    public void A_folder_is_listed_with_its_texts_and_no_labels()
    {
        folder.Write("headlines/task.json", Json);
        folder.Write("headlines/train.jsonl", "{\"document\": \"It rained.\", \"summary\": \"Rain\"}\n{\"document\": \"x\"}\n");
        folder.Write("headlines/dev.jsonl", "{\"document\": \"It snowed.\", \"summary\": \"Snow\"}\n");

        var task = TaskCatalog.Scan(folder.Path).ShouldHaveSingleItem();

        (task.Error, task.BadRows).ShouldBe((null, 1));
        task.Train!.LabelCounts.ShouldBeEmpty();
        task.Train.Preview.ShouldBe([new("It rained.", null, 0, 1, "Rain")]);
    }

    [Fact]
    public void The_hash_follows_how_it_is_generated()
    {
        folder.Write("task.json", Json);
        folder.Write("train.jsonl", "{\"document\": \"It rained.\", \"summary\": \"Rain\"}\n");
        folder.Write("dev.jsonl", "{\"document\": \"It snowed.\", \"summary\": \"Snow\"}\n");
        var before = TaskFolder.Open(folder.Path).Hash();

        folder.Write("task.json", Json.Replace("\"beams\": 6", "\"beams\": 1", StringComparison.Ordinal));

        TaskFolder.Open(folder.Path).Hash().ShouldNotBe(before);
    }

    [Fact]
    public void A_split_is_disjoint_complete_and_seeded()
    {
        TaskRow[] rows = [.. Enumerable.Range(0, 40).Select(i => new TaskRow($"text {i}", null, 0, i + 1, $"target {i}"))];
        var task = Translation(TaskFileFormat.Jsonl);

        var split = DecisionSplit.Of(task, rows, seed: 3);

        split.Decision.Count.ShouldBe(4);
        split.Train.Concat(split.Decision).OrderBy(row => row.RowNumber).ShouldBe(rows);
        DecisionSplit.Of(task, rows, seed: 3, trainAtMost: 9).Decision.ShouldBe(split.Decision);
        DecisionSplit.Of(task, rows, seed: 4).Decision.ShouldNotBe(split.Decision);
        DecisionSplit.Cap(task, rows, seed: 3, atMost: 7).Count.ShouldBe(7);
    }
}
