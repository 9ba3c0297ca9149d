using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Worker.Probes;

namespace PeftStudio.Worker.Tests;

/// <summary>Trials in fresh processes on the sample backbone. Memory alone is held: the time of a shared machine says nothing.</summary>
public sealed class ProbeTests
{
    private static readonly string Sample = Path.Combine(Folders.Repository, "samples", "backbones", "sample");

    /// <summary>The shipped trials to fit to, and every other one of those held out, which leaves one of each kind: the whole list is for <c>./studio probe --check</c>.</summary>
    [Fact]
    public async Task A_model_fitted_to_short_trials_predicts_the_memory_of_others_within_15_percent_and_is_seldom_too_low()
    {
        var backbone = ProbedBackbone.Open(Sample);
        var fitted = ProbeSetting.FittedOf(backbone.Asset.Shape);
        ProbeSetting[] others = [.. ProbeSetting.HeldOutOf(backbone.Asset.Shape).Where((_, i) => i % 2 == 0)];
        others.SelectMany(setting => setting.Methods).Distinct().ShouldBe(["lora", "prefix", "bitfit", "adapter", "made-prefix"]);
        var probes = await RunAsync(backbone, [.. fitted, .. others]);
        var model = CostFit.Of([.. fitted.Select(setting => probes[setting])], backbone.Config.Heads, machineBytes: null);
        foreach (var setting in others)
        {
            var measured = (double)probes[setting].PeakBytes;
            model.Predict(probes[setting].Facts).PeakBytes.ShouldBeInRange(0.85 * measured, 1.15 * measured, setting.ToString());
            probes[setting].StepSeconds.ShouldBeGreaterThan(0);
        }
        // One measurement each, of which a third may lie above the forecast: the margin is for most, and peaks differ by some percent from run to run.
        others.Where(setting => model.Predict(probes[setting].Facts).PeakBytes < probes[setting].PeakBytes).Count().ShouldBeLessThanOrEqualTo(others.Length / 3);
    }

    // Two at a time, because memory is a process's own; each with rows of its own. They allocate as the worker's programs do that ./studio starts: a dynamic linker that does not find the
    // library says so and goes on without it.
    private static async Task<Dictionary<ProbeSetting, Probe>> RunAsync(ProbedBackbone backbone, ProbeSetting[] settings)
    {
        Environment.SetEnvironmentVariable("LD_PRELOAD", Environment.GetEnvironmentVariable("LD_PRELOAD") ?? "libtcmalloc_minimal.so.4");
        var halves = await Task.WhenAll(Enumerable.Range(0, 2).Select(async half =>
        {
            using var series = new ProbeSeries(backbone, Precision.Fp32, "cpu", 1);
            var outcomes = new List<ProbeOutcome>();
            foreach (var setting in settings.Where((_, i) => i % 2 == half))
                outcomes.Add(await series.RunAsync(setting, CancellationToken.None));
            return outcomes;
        }));
        return halves.SelectMany(half => half).ToDictionary(outcome => outcome.Setting, outcome => outcome.Probe);
    }

    [Fact]
    public async Task A_trial_that_ends_with_an_error_says_which()
    {
        var backbone = ProbedBackbone.Open(Sample);
        using var series = new ProbeSeries(backbone with { Asset = backbone.Asset with { Hash = new string('0', 64) } }, Precision.Fp32, "cpu", 1);
        (await Should.ThrowAsync<ProbeFailedException>(() => series.RunAsync(new(["lora"], 1, 2, 8), CancellationToken.None))).Message.ShouldContain("0000");
    }

    [Fact]
    public void A_probe_that_would_take_the_memory_of_others_does_not_begin()
    {
        var backbone = ProbedBackbone.Open(Sample);
        var huge = new CostFacts(backbone.Asset.Shape with { Parameters = 1L << 40 }, 3, null, null, 8, RowTokens.AtMost(32), 1, 8, 8, 0);
        Should.Throw<ProbeFailedException>(() => FreeMemory.Require(huge)).Message.ShouldContain("GB are free");
    }

    [Fact]
    public async Task A_folder_without_a_backbone_is_named()
    {
        using var files = new TempFolder();
        var (code, _, error) = await WorkerProgram.RunAsync("probe", "--backbone", files.Path);
        code.ShouldBe(1);
        error.ShouldContain(files.Path);
    }

    // Under ./studio's supervisor whatever ends with an error is started again, for ever.
    [Fact]
    public async Task On_the_side_what_cannot_be_measured_is_said_and_the_next_has_its_turn()
    {
        using var files = new TempFolder();
        foreach (var name in (string[])["one", "two"])
            foreach (var file in Directory.GetFiles(Sample))
                files.Write(Path.Join(name, Path.GetFileName(file)), File.ReadAllBytes(file));
        // Where the probes' rows have no place.
        var (code, output, error) = await OnTheSideAsync(files, new() { ["TMPDIR"] = files["absent"] });
        code.ShouldBe(0, error);
        output.Split('\n').ShouldContain(line => line.StartsWith("one: "));
        output.Split('\n').ShouldContain(line => line.StartsWith("two: "));
    }

    [Fact]
    public async Task On_the_side_there_need_be_no_backbone()
    {
        using var files = new TempFolder();
        var (code, output, error) = await OnTheSideAsync(files, []);
        code.ShouldBe(0, error);
        output.ShouldContain($"no backbone is in {files.Path}");
    }

    private static Task<(int Code, string Output, string Error)> OnTheSideAsync(TempFolder backbones, Dictionary<string, string> settings) =>
        WorkerProgram.RunWithAsync(settings, "probe", "--missing", "--backbone", backbones.Path, "--connection", PostgresFixture.NewDatabase());
}
