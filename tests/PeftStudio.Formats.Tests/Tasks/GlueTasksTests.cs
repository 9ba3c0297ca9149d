using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tasks;

public sealed class GlueTasksTests
{
    [Theory]
    [InlineData("CoLA", 8551, 1043)]
    [InlineData("SST-2", 67349, 872)]
    [InlineData("MRPC", 3668, 408)]
    [InlineData("STS-B", 5749, 1500)]
    [InlineData("QQP", 8999, 1000)]
    [InlineData("MNLI", 8999, 9815)]
    [InlineData("QNLI", 8999, 5463)]
    [InlineData("RTE", 2490, 277)]
    [InlineData("WNLI", 635, 71)]
    public void The_official_files_are_read_to_the_last_row(string name, int train, int dev)
    {
        var listing = TaskCatalog.Describe(Folders.RequireShared("data", "glue", name));

        listing.Error.ShouldBeNull();
        (listing.Name, listing.Train!.Rows, listing.Dev!.Rows, listing.BadRows).ShouldBe((name, train, dev, 0));
        listing.Train.LabelCounts.ShouldAllBe(count => count > 0);
    }

    [Theory]
    [InlineData("CoLA", "The sailors rode the breeze clear of the rocks.", null, 1f)]
    [InlineData("SST-2", "it 's a charming and often affecting journey . ", null, 1f)]
    [InlineData("MRPC", "He said the foodservice pie business doesn 't fit the company 's long-term growth strategy .", "\" The foodservice pie business does not fit our long-term growth strategy .", 1f)]
    [InlineData("STS-B", "A man with a hard hat is dancing.", "A man wearing a hard hat is dancing.", 5f)]
    [InlineData("MNLI", "The new rights are nice enough", "Everyone really likes the newest benefits", 1f)]
    [InlineData("QNLI", "What came into force after the new constitution was herald?", "As of that day, the new constitution heralding the Second Republic came into force.", 0f)]
    [InlineData("RTE", "Dana Reeve, the widow of the actor Christopher Reeve, has died of lung cancer at age 44, according to the Christopher Reeve Foundation.", "Christopher Reeve had an accident.", 1f)]
    [InlineData("WNLI", "The drain is clogged with hair. It has to be cleaned.", "The hair has to be cleaned.", 0f)]
    public void The_first_dev_row_is_what_the_file_says(string name, string text, string? pair, float target)
    {
        var row = TaskFolder.Open(Folders.RequireShared("data", "glue", name)).ReadDev().Rows[0];

        (row.Text, row.Pair, row.Target).ShouldBe((text, pair, target));
    }

    [Fact]
    public void Labels_are_in_the_order_of_the_published_indices()
    {
        string.Join("; ", GlueTasks.All.Select(task => $"{task.Name} {string.Join("/", task.LabelNames)} {string.Join("+", task.MetricNames)}")).ShouldBe(
            "CoLA unacceptable/acceptable matthews; SST-2 negative/positive accuracy; MRPC not_equivalent/equivalent accuracy+f1; STS-B  pearson+spearman; "
            + "QQP not_duplicate/duplicate accuracy+f1; MNLI entailment/neutral/contradiction accuracy; QNLI entailment/not_entailment accuracy; "
            + "RTE entailment/not_entailment accuracy; WNLI not_entailment/entailment accuracy");
    }

    [Fact]
    public void MNLIs_label_is_the_gold_one_behind_the_annotators()
    {
        using var root = new TemporaryFolder();
        const string Start = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\t";
        const string Cells = "0\t1\t2\tg\tp\tp\tp\tp\tpremise\thypothesis\t";
        root.Write("MNLI/train.tsv", $"{Start}label1\tgold_label\n{Cells}neutral\tcontradiction\n");
        root.Write("MNLI/dev_matched.tsv", $"{Start}label1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n{Cells}neutral\tneutral\tneutral\tentailment\tentailment\tentailment\n");

        var task = TaskFolder.Open(Path.Join(root.Path, "MNLI"));

        task.ReadTrain().Rows[0].Label.ShouldBe(2);
        task.ReadDev().Rows[0].Label.ShouldBe(0);
    }

    [Fact]
    public void QQPs_broken_rows_need_agreement()
    {
        using var root = new TemporaryFolder();
        root.Write("QQP/train.tsv", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tWhy?\tHow?\t0\n4\t5\t6\tA question that breaks\nhere?\tSo?\t1\n");

        var task = TaskFolder.Open(Path.Join(root.Path, "QQP"));

        Should.Throw<InvalidTaskException>(() => task.ReadTrain()).Message.ShouldContain("train.tsv, row 3: it has 4 columns and the header has 6. One more row is bad: 4.");
        task.ReadTrain(skipBadRows: true).Rows.Count.ShouldBe(1);
    }
}
