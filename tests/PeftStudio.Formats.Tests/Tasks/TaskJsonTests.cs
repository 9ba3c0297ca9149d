using System.Text;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Tasks;

public sealed class TaskJsonTests
{
    private const string Pairs = """
        {
          "name": "reviews",
          "description": "Two reviews of one film",
          "files": { "train": "train.csv", "dev": "dev.csv" },
          "columns": { "text": "first", "pair": "second", "label": "verdict" },
          "labels": ["differ", "agree"],
          "labelValues": ["no", "yes"],
          "metrics": ["accuracy", "f1"]
        }
        """;

    [Fact]
    public void A_pair_task_with_labels_is_read_with_its_defaults()
    {
        var task = TaskJson.Read(Pairs);

        task.Name.ShouldBe("reviews");
        task.Description.ShouldBe("Two reviews of one film");
        (task.TrainFile, task.DevFile).ShouldBe(("train.csv", "dev.csv"));
        (task.Text, task.Pair, task.Label).ShouldBe((Column.Named("first"), Column.Named("second"), Column.Named("verdict")));
        task.Labels!.Names.ShouldBe(["differ", "agree"]);
        task.Labels.IndexOf("yes").ShouldBe(1);
        task.Labels.IndexOf("agree").ShouldBe(-1);
        task.Metrics.ShouldBe([TaskMetric.Accuracy, TaskMetric.F1]);
        (task.Format, task.HasHeader, task.Quoting, task.IsRegression, task.Outputs).ShouldBe((TaskFileFormat.Csv, true, Quoting.Rfc4180, false, 2));
    }

    [Fact]
    public void A_regression_without_header_is_read_by_column_numbers()
    {
        var task = TaskJson.Read("""
            {"name": "prices", "files": {"train": "a.txt", "dev": "b.txt"}, "format": "tsv", "header": false,
             "columns": {"text": 2, "label": 0}, "regression": {"min": -1, "max": 1.5}, "metrics": ["pearson"]}
            """);

        (task.Text, task.Pair, task.Label, task.HasHeader).ShouldBe((Column.At(2), null, Column.At(0), false));
        task.Range.ShouldBe(new ScoreRange(-1, 1.5f));
        (task.Quoting, task.IsRegression, task.Outputs, task.LabelNames.Count).ShouldBe((Quoting.None, true, 1, 0));
    }

    [Fact]
    public void A_file_is_UTF8_with_or_without_a_byte_order_mark()
    {
        using var folder = new TemporaryFolder();
        var json = Pairs.Replace("Two reviews", "Zwei Überblicke", StringComparison.Ordinal);
        TaskJson.ReadFile(folder.Write("task.json", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(json)])).Description.ShouldBe("Zwei Überblicke of one film");
        byte[][] others = [Encoding.Latin1.GetBytes(json), [0xEF, 0xBB, 0xBF, .. Encoding.Latin1.GetBytes(json)], [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(json)]];
        foreach (var other in others)
            Should.Throw<InvalidTaskException>(() => TaskJson.ReadFile(folder.Write("task.json", other))).Message.ShouldBe("task.json: it is no valid JSON: it is not UTF-8; save it as UTF-8");
    }

    public static TheoryData<string> Definitions => [Pairs, .. GlueTasks.All.Select(TaskJson.Write)];

    [Theory]
    [MemberData(nameof(Definitions))]
    public void What_is_written_reads_back_equal(string json)
    {
        var task = TaskJson.Read(json);

        TaskJson.Read(TaskJson.Write(task)).ShouldBe(task);
        TaskJson.Write(TaskJson.Read(TaskJson.Write(task))).ShouldBe(TaskJson.Write(task));
    }

    public static TheoryData<string, string, string> WrongFiles => new()
    {
        { "\"name\": \"reviews\",", "", "'name' is missing" },
        { "\"name\": \"reviews\",", "\"name\": 3,", "'name' must be text" },
        { "\"name\": \"reviews\",", "\"name\": \" \",", "'name' must be 1 to 100" },
        { "\"description\"", "\"desciption\"", "'desciption' is unknown; the keys here are name, description" },
        { "\"description\"", "\"\\ud800\"", "no valid JSON" },
        { "\"dev\": \"dev.csv\"", "\"test\": \"dev.csv\"", "'files.dev' is missing" },
        { "\"dev\": \"dev.csv\"", "\"dev\": \"dev.csv\", \"test\": \"t.csv\"", "'files.test' is unknown" },
        { "\"dev\": \"dev.csv\"", "\"dev\": \"../dev.csv\"", "'files.dev' is '../dev.csv'" },
        { "\"dev\": \"dev.csv\"", "\"dev\": \"..\"", "without a path" },
        { "\"dev\": \"dev.csv\"", "\"dev\": \"a\\\\dev.csv\"", "without a path" },
        { "\"train\": \"train.csv\"", "\"train\": \"train.data\"", "'format' is missing" },
        { "\"name\"", "\"format\": \"xlsx\", \"name\"", "'format' is 'xlsx'; write \"tsv\" or \"csv\" or \"jsonl\"" },
        { "\"name\"", "\"quoting\": \"all\", \"name\"", "'quoting' is 'all'" },
        { "\"name\"", "\"header\": \"yes\", \"name\"", "'header' must be true or false" },
        { "\"name\"", "\"header\": false, \"name\"", "column 'first' is named, but the files have no header" },
        { "\"name\"", "\"name\": \"twice\", \"name\"", "no valid JSON" },
        { "\"text\": \"first\", ", "", "'columns.text' is missing" },
        { "\"text\": \"first\"", "\"text\": 1.5", "'columns.text' must be a column's name" },
        { "\"text\": \"first\"", "\"text\": -1", "'columns.text': column -1 does not exist" },
        { "\"text\": \"first\"", "\"text\": \"\"", "'columns.text': a column's name is empty" },
        { "{ \"train\": \"train.csv\", \"dev\": \"dev.csv\" }", "\"train.csv\"", "'files' must be an object" },
        { "[\"differ\", \"agree\"]", "[\"differ\"]", "at least two labels" },
        { "[\"differ\", \"agree\"]", "[\"differ\", \"differ\"]", "'labels' names 'differ' twice" },
        { "[\"differ\", \"agree\"]", "[\"differ\", \"\"]", "'labels' has an empty entry" },
        { "[\"differ\", \"agree\"]", "[\"differ\", 1]", "'labels' must be a list of texts" },
        { "[\"no\", \"yes\"]", "[\"no\"]", "'labelValues' has 1 entries for 2 labels" },
        { "\"labels\"", "\"regression\": {\"min\": 0, \"max\": 5}, \"labels\"", "'labels' (classes), 'regression' (scores) or 'generation' (texts)" },
        { "\"labels\": [\"differ\", \"agree\"],", "", "'labelValues' needs 'labels'" },
        { "\"labels\": [\"differ\", \"agree\"],\n  \"labelValues\": [\"no\", \"yes\"],", "", "'labels' (classes), 'regression' (scores) or 'generation' (texts)" },
        { "\"labels\": [\"differ\", \"agree\"],\n  \"labelValues\": [\"no\", \"yes\"],", "\"regression\": {\"min\": 5, \"max\": 5},", "the range 5 to 5 is empty" },
        { "\"labels\": [\"differ\", \"agree\"],\n  \"labelValues\": [\"no\", \"yes\"],", "\"regression\": {\"min\": 0},", "'regression.max' is missing" },
        { "\"labels\": [\"differ\", \"agree\"],\n  \"labelValues\": [\"no\", \"yes\"],", "\"regression\": {\"min\": 0, \"max\": 5},", "the metric accuracy is for classes" },
        { "[\"accuracy\", \"f1\"]", "[\"pearson\"]", "the metric pearson is for scores, and this task has classes; choose from accuracy, f1, matthews" },
        { "[\"accuracy\", \"f1\"]", "[\"bleu\"]", "the metric bleu is for texts, and this task has classes" },
        { "[\"accuracy\", \"f1\"]", "[\"meteor\"]", "'metrics' names 'meteor'; choose from accuracy, f1, matthews, pearson, spearman, rouge1" },
        { "[\"accuracy\", \"f1\"]", "[]", "'metrics' is empty" },
        { "[\"accuracy\", \"f1\"]", "[\"f1\", \"f1\"]", "one metric twice" },
        { "[\"differ\", \"agree\"],\n  \"labelValues\": [\"no\", \"yes\"]", "[\"a\", \"b\", \"c\"]", "the metric f1 is for two labels, and this task has 3" },
    };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void What_is_wrong_is_named(string correct, string wrong, string message)
    {
        Pairs.ShouldContain(correct);

        Should.Throw<InvalidTaskException>(() => TaskJson.Read(Pairs.Replace(correct, wrong, StringComparison.Ordinal))).Message.ShouldContain(message);
    }

    [Fact]
    public void Json_lines_have_keys_and_no_quoting()
    {
        const string Lines = """{"name": "x", "files": {"train": "t.jsonl", "dev": "d.jsonl"}, "columns": {"text": "t", "label": "l"}, "labels": ["a", "b"], "metrics": ["accuracy"]}""";

        TaskJson.Read(Lines).Format.ShouldBe(TaskFileFormat.Jsonl);
        Should.Throw<InvalidTaskException>(() => TaskJson.Read(Lines.Replace("\"t\", ", "0, ", StringComparison.Ordinal))).Message.ShouldContain("JSON lines have keys");
        Should.Throw<InvalidTaskException>(() => TaskJson.Read(Lines.Replace("{\"name\"", "{\"quoting\": \"rfc4180\", \"name\"", StringComparison.Ordinal))).Message.ShouldContain("'quoting' is for tsv and csv");
    }

    [Fact]
    public void An_error_in_a_file_names_the_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("task.json", "[]");

        Should.Throw<InvalidTaskException>(() => TaskFolder.Open(folder.Path)).Message.ShouldBe("task.json: the content is no JSON object");
    }
}
