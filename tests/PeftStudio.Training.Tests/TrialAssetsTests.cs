using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Torch;
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

    [Fact]
    public void Memory_that_does_not_hold_the_backbone_fails_the_trial_with_what_to_do_and_the_next_one_runs()
    {
        var full = true;
        using var little = new TrialAssets(CPU, (folder, device, precision) =>
            full ? throw new TorchOutOfMemoryException("you tried to allocate 440401920 bytes") : Backbone.Load(folder, device, precision));
        var plan = fixture.Plan(fixture.Opinions, "lora") with { Epochs = 1 };
        TrainedTrial Try(Precision precision) =>
            little.Run(plan with { Training = plan.Training with { Precision = precision } }, fixture.BackboneFolder, fixture.TaskFolder, progress: null, CancellationToken.None);

        Should.Throw<TrialFailedException>(() => Try(Precision.Fp32)).Message
            .ShouldBe($"out of memory while the backbone '{plan.Backbone.Name}' was loaded in fp32. Train in bf16, choose a smaller backbone, or give the worker a larger device. (you tried to allocate 440401920 bytes)");
        Should.Throw<TrialFailedException>(() => Try(Precision.Bf16)).Message
            .ShouldContain(NativeRuntime.SumsBf16InFp32 ? "was loaded in bf16. Choose a smaller backbone, or give" : "has no AVX-512. Train in fp32");
        full = false;
        Try(Precision.Fp32).Result.Curve.Count.ShouldBe(1);
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
