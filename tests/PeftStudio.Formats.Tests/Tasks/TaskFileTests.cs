using System.Text;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Tasks;

public sealed class TaskFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static TaskDefinition Pairs(TaskFileFormat format, Quoting? quoting = null) => new(
        "pairs", "train", "dev", Column.Named("a"), Column.Named("b"), Column.Named("label"), new(["no", "yes"], ["0", "1"]), null, [TaskMetric.Accuracy], format, quoting: quoting);

    private static TaskDefinition Scores(TaskFileFormat format = TaskFileFormat.Tsv) => new(
        "scores", "train", "dev", Column.Named("a"), null, Column.Named("score"), null, new(0, 5), [TaskMetric.Pearson], format);

    private static TaskDefinition Headerless { get; } = new(
        "plain", "train", "dev", Column.At(2), null, Column.At(0), new(["no", "yes"]), null, [TaskMetric.Accuracy], hasHeader: false);

    [Fact]
    public void Tsv_keeps_quotes_and_spaces_and_takes_any_line_ending()
    {
        var path = folder.Write("train", "label\ta\tb\n1\t\"Yes\" she said\t it 's \"\n0\tsay \"\"\t,\r\n\n1\tlast\tno newline");

        TaskFile.Read(Pairs(TaskFileFormat.Tsv), path, skipBadRows: false).Rows.ShouldBe([
            new("\"Yes\" she said", " it 's \"", 1, 2), new("say \"\"", ",", 0, 3), new("last", "no newline", 1, 5)]);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_columns_name()
    {
        var path = folder.Write("train", [0xEF, 0xBB, 0xBF, .. "label\ta\tb\n1\tx\té\n"u8]);

        TaskFile.Read(Pairs(TaskFileFormat.Tsv), path, skipBadRows: false).Rows.ShouldBe([new("x", "é", 1, 2)]);
    }

    [Fact]
    public void Csv_is_RFC_4180()
    {
        var path = folder.Write("train", "a,b,label\r\n\"one, two\",\"he said \"\"no\"\"\",1\r\n\"two\r\nlines\",,0\r\nplain 5\" nail,\"\",1\r\n");

        TaskFile.Read(Pairs(TaskFileFormat.Csv), path, skipBadRows: false).Rows.ShouldBe([
            new("one, two", "he said \"no\"", 1, 2), new("two\nlines", "", 0, 3), new("plain 5\" nail", "", 1, 5)]);
    }

    [Fact]
    public void Csv_without_quoting_and_tsv_with_it()
    {
        var csv = folder.Write("train", "a,b,label\n\"x\",y,1\n");
        var tsv = folder.Write("dev", "a\tb\tlabel\n\"x\ty\"\tz\t1\n");

        TaskFile.Read(Pairs(TaskFileFormat.Csv, Quoting.None), csv, skipBadRows: false).Rows[0].Text.ShouldBe("\"x\"");
        TaskFile.Read(Pairs(TaskFileFormat.Tsv, Quoting.Rfc4180), tsv, skipBadRows: false).Rows[0].Text.ShouldBe("x\ty");
    }

    [Fact]
    public void Json_lines_take_numbers_or_words_as_labels()
    {
        var path = folder.Write("train", "{\"a\": \"x\\ty\", \"b\": \"\\u00e9\", \"label\": 1, \"more\": [1]}\n\n{\"label\": \"0\", \"b\": \"z\", \"a\": \"w\"}\n");

        TaskFile.Read(Pairs(TaskFileFormat.Jsonl), path, skipBadRows: false).Rows.ShouldBe([new("x\ty", "é", 1, 1), new("w", "z", 0, 3)]);
    }

    [Fact]
    public void Columns_by_number_need_no_header()
    {
        var path = folder.Write("train", "yes\tmark\tfirst\nno\t\tsecond\n");

        TaskFile.Read(Headerless, path, skipBadRows: false).Rows.ShouldBe([new("first", null, 1, 1), new("second", null, 0, 2)]);
    }

    [Fact]
    public void Scores_are_read_in_the_invariant_culture()
    {
        var path = folder.Write("train", "a\tscore\nx\t3.250\ny\t 5 \n");

        TaskFile.Read(Scores(), path, skipBadRows: false).Rows.Select(row => row.Target).ShouldBe([3.25f, 5f]);
    }

    public static TheoryData<TaskFileFormat, string, int, string> BadRows => new()
    {
        { TaskFileFormat.Tsv, "a\tb\tlabel\nx\ty\t1\nx\ty\n", 3, "it has 2 columns and the header has 3" },
        { TaskFileFormat.Tsv, "a\tb\tlabel\nx\ty\t1\nx\ty\tz\t1\n", 3, "it has 4 columns and the header has 3" },
        { TaskFileFormat.Tsv, "a\tb\tlabel\nx\ty\t2\nx\ty\t1", 2, "the label '2' is none of 0, 1" },
        { TaskFileFormat.Tsv, "a\tb\tlabel\nx\ty\t\nx\ty\t1", 2, "the label '' is none of 0, 1" },
        { TaskFileFormat.Csv, "a,b,label\nx,y,1\n\"x\"z,y,1\n", 3, "'z' follows a closing quotation mark" },
        { TaskFileFormat.Csv, "a,b,label\nx,y,1\n\"x,y,1\nx,y,1\n", 3, "a quoted cell is never closed" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":\"x\",\"label\":1}\n", 2, "it has no 'b'" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":\"x\",\"b\":null,\"label\":1}\n", 2, "it has no 'b'" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":[],\"b\":\"y\",\"label\":1}\n", 2, "'a' is neither text nor a number" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n[]\n", 2, "it is no JSON object" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":\n", 2, "it is no valid JSON" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":\"\\ud800\",\"b\":\"y\",\"label\":1}\n", 2, "it is no valid JSON" },
        { TaskFileFormat.Jsonl, "{\"a\":\"x\",\"b\":\"y\",\"label\":1}\n{\"a\":\"x\",\"b\":\"y\",\"label\":1,\"a\":\"z\"}\n", 2, "it is no valid JSON" },
    };

    [Theory]
    [MemberData(nameof(BadRows))]
    public void A_bad_row_is_an_error_with_its_number_or_is_skipped_where_agreed(TaskFileFormat format, string text, int row, string problem)
    {
        var path = folder.Write("rows", text);

        var message = Should.Throw<InvalidTaskException>(() => TaskFile.Read(Pairs(format), path, skipBadRows: false)).Message;
        message.ShouldStartWith($"rows, row {row}: {problem}");
        message.ShouldEndWith("Correct the file, or agree to skip bad rows.");

        var read = TaskFile.Read(Pairs(format), path, skipBadRows: true);
        read.Rows.Count.ShouldBe(1);
        read.BadRows.ShouldHaveSingleItem().RowNumber.ShouldBe(row);
        read.BadRows[0].Problem.ShouldStartWith(problem);
    }

    [Theory]
    [InlineData("high", "the score 'high' is no number")]
    [InlineData("NaN", "the score 'NaN' is no number")]
    [InlineData("1e99", "the score '1e99' is no number")]
    [InlineData("3,5", "the score '3,5' is no number")]
    [InlineData("5.1", "the score 5.1 is outside 0 to 5")]
    public void A_bad_score_is_a_bad_row(string score, string problem)
    {
        var path = folder.Write("rows", $"a\tscore\nx\t{score}\n");

        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Scores(), path, skipBadRows: false)).Message.ShouldStartWith($"rows, row 2: {problem}");
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Scores(), path, skipBadRows: true)).Message.ShouldStartWith("rows has no usable row: all 1 are bad");
    }

    [Fact]
    public void Many_bad_rows_are_counted_and_the_first_are_named()
    {
        var path = folder.Write("rows", "a\tscore\n" + string.Concat(Enumerable.Repeat("x\n", 9)));

        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Scores(), path, skipBadRows: false)).Message
            .ShouldContain("8 more rows are bad: 3, 4, 5, 6, 7, ....");
    }

    [Theory]
    [InlineData("a\tb\tlabel\n", "rows has no rows")]
    [InlineData("", "rows is empty")]
    [InlineData("a\tc\tlabel\nx\ty\t1\n", "rows has no column 'b'; its header names 'a', 'c', 'label'")]
    [InlineData("a\tb\ta\tlabel\nx\ty\tz\t1\n", "rows has two columns named 'a'")]
    public void A_file_that_cannot_be_used_says_why(string text, string message) =>
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Pairs(TaskFileFormat.Tsv), folder.Write("rows", text), skipBadRows: true)).Message.ShouldStartWith(message);

    [Fact]
    public void A_byte_order_mark_makes_no_wrong_byte_right()
    {
        byte[] rows = [0xEF, 0xBB, 0xBF, .. Encoding.Latin1.GetBytes("a\tb\tlabel\nx\té\t1\n")];
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Pairs(TaskFileFormat.Tsv), folder.Write("rows", rows), skipBadRows: true)).Message.ShouldBe("rows is not UTF-8 text; save it as UTF-8");
        byte[] wide = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("a\tb\tlabel\nx\té\t1\n")];
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Pairs(TaskFileFormat.Tsv), folder.Write("wide", wide), skipBadRows: true)).Message.ShouldBe("wide is not UTF-8 text; save it as UTF-8");
    }

    [Fact]
    public void Text_in_another_encoding_is_refused_instead_of_misread()
    {
        var path = folder.Write("rows", Encoding.Latin1.GetBytes("a\tb\tlabel\nx\té\t1\n"));

        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Pairs(TaskFileFormat.Tsv), path, skipBadRows: true)).Message.ShouldBe("rows is not UTF-8 text; save it as UTF-8");
    }

    [Fact]
    public void A_file_that_is_absent_is_named() =>
        Should.Throw<InvalidTaskException>(() => TaskFile.Read(Scores(), Path.Join(folder.Path, "absent.tsv"), skipBadRows: false)).Message.ShouldStartWith("absent.tsv is not in the task's folder");

    [Fact]
    public void Rows_to_predict_may_have_no_labels()
    {
        var unlabelled = TaskFile.ReadUnscored(Pairs(TaskFileFormat.Tsv), folder.Write("x.tsv", "b\ta\ny\tx\n"));
        unlabelled.Texts.ShouldBe([new("x", "y", 2)]);
        unlabelled.Targets.ShouldBeNull();

        var labelled = TaskFile.ReadUnscored(Headerless, folder.Write("x.jsonl", "{\"text\": \"x\", \"label\": \"yes\"}\n"));
        labelled.Texts.ShouldBe([new("x", null, 1)]);
        labelled.Targets.ShouldBe([1f]);
    }

    [Fact]
    public void Rows_to_predict_have_labels_all_or_none()
    {
        var path = folder.Write("x.jsonl", "{\"a\": \"x\", \"b\": \"y\", \"label\": 1}\n{\"a\": \"x\", \"b\": \"y\"}\n");

        Should.Throw<InvalidTaskException>(() => TaskFile.ReadUnscored(Pairs(TaskFileFormat.Jsonl), path)).Message.ShouldContain("row 2: some rows have a label or target");
    }
}
