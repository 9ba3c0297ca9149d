using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using PeftStudio.Worker.Probes;

namespace PeftStudio.Worker.Tests;

/// <summary>Trials in fresh processes on the sample backbone. Memory alone is held: the time of a shared machine says nothing.</summary>
public sealed class ProbeTests
{
    private static readonly string Sample = Path.Combine(Folders.Repository, "samples", "backbones", "sample");

    [Fact]
    public async Task A_model_fitted_to_short_trials_predicts_the_memory_of_another_within_15_percent()
    {
        using var series = new ProbeSeries(ProbedBackbone.Open(Sample), Precision.Fp32, "cpu", 1);
        ProbeSetting[] few =
        [
            new(["lora"], 1, 16, 32), new(["lora"], 0.5, 8, 128), new(["bitfit"], 0.25, 32, 32), new(["adapter", "lora"], 1, 24, 48),
            new(["bitfit", "prefix"], 0.25, 32, 96), new(["adapter", "bitfit", "lora", "prefix"], 1, 16, 64), new([], 1, 8, 48),
        ];
        var probes = new List<Probe>();
        foreach (var setting in few)
            probes.Add((await series.RunAsync(setting, CancellationToken.None)).Probe);
        var model = CostFit.Of(probes, heads: 3, machineBytes: null);
        foreach (var setting in (ProbeSetting[])[new(["adapter"], 0.75, 16, 72), new(["lora", "prefix"], 1, 24, 40)])
        {
            // Now and then the allocator is unlucky; of two runs the smaller one is the trial's own.
            var (one, other) = ((await series.RunAsync(setting, CancellationToken.None)).Probe, (await series.RunAsync(setting, CancellationToken.None)).Probe);
            var measured = (double)Math.Min(one.PeakBytes, other.PeakBytes);
            model.Predict(one.Facts).PeakBytes.ShouldBeInRange(0.85 * measured, 1.15 * measured, setting.ToString());
            one.StepSeconds.ShouldBeGreaterThan(0);
        }
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
}
