using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

/// <summary>What a worker holds between trials follows what lies on disk.</summary>
public sealed class TrialAssetsTests : IDisposable
{
    private readonly TrialFixture fixture = new();
    private readonly TrialAssets assets = new(CPU);

    public void Dispose()
    {
        assets.Dispose();
        fixture.Dispose();
    }

    [Fact]
    public void Rows_that_cannot_be_used_are_refused_by_number_until_leaving_them_out_is_agreed()
    {
        Append("train.tsv", "one column");
        Append("dev.tsv", "a good film\tperfect");

        Should.Throw<InvalidTaskException>(() => Run()).Message.ShouldStartWith("train.tsv, row 152: it has 1 column");
        var trained = Run(skipBadRows: true);
        trained.Result.Dev.ShouldNotBeNull();
        // The others are all there: 150 rows, a fifth of them set aside.
        Run(skipBadRows: true, rows: 1000).Result.TrainedRows.ShouldBe(120);
        Should.Throw<InvalidTaskException>(() => Run());
    }

    [Fact]
    public void A_task_that_was_changed_is_read_again()
    {
        var before = Run().Result;
        Append("dev.tsv", "a good film\tbad");
        var after = Run().Result;
        after.Decision.ShouldBe(before.Decision);
        after.Dev.ShouldNotBe(before.Dev);
    }

    [Fact]
    public void A_backbone_that_was_changed_is_read_again()
    {
        var before = Run().Result;
        var vocabulary = Path.Join(fixture.BackboneFolder, "vocab.txt");
        var words = File.ReadAllLines(vocabulary);
        (words[^1], words[^2]) = (words[^2] + "s", words[^1] + "s");
        File.WriteAllLines(vocabulary, words);
        Run().Result.Curve[0].Loss.ShouldNotBe(before.Curve[0].Loss);
    }

    private void Append(string file, string row) => File.AppendAllLines(Path.Join(fixture.TaskFolder, file), [row]);

    private TrainedTrial Run(bool skipBadRows = false, int rows = 96)
    {
        var plan = fixture.Plan(fixture.Opinions, "lora");
        return assets.Run(
            plan with { Task = plan.Task with { Hash = TaskFolder.Open(fixture.TaskFolder).Hash() }, Training = plan.Training with { SkipBadRows = skipBadRows }, TrainingRows = rows, Epochs = 1 },
            fixture.BackboneFolder, fixture.TaskFolder, progress: null, CancellationToken.None);
    }
}
