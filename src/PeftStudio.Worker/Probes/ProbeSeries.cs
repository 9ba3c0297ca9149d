using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Training;

namespace PeftStudio.Worker.Probes;

/// <summary>The backbone that is measured, on the disk of this machine.</summary>
internal sealed record ProbedBackbone(string Folder, BackboneConfig Config, BackboneAsset Asset)
{
    /// <exception cref="InvalidDataException">No backbone.</exception>
    public static ProbedBackbone Open(string folder)
    {
        var config = BackboneConfig.FromFolder(folder);
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        var identity = BackboneIdentity.Of(checkpoint, config.ModelType);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return new ProbedBackbone(Path.GetFullPath(folder), config, new BackboneAsset(name, identity.Hash, config.Shape() with { Parameters = identity.Parameters }));
    }
}

/// <summary>A probe that ran.</summary>
internal sealed record ProbeOutcome(ProbeSetting Setting, Probe Probe, MeasuredTrial Measured);

/// <summary>Probes of one backbone in one precision on one device, one after the other.</summary>
internal sealed class ProbeSeries : IDisposable
{
    private const int DevRows = TrialFeatures.EvaluationBatch;
    private const int LongRows = 40_000;

    private readonly ProbedBackbone backbone;
    private readonly Precision precision;
    private readonly ProbeRun run;
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-probes-");
    private readonly Dictionary<(bool LongText, int Writes, int Beams), ProbeTask> tasks = [];
    private readonly int mostRows;
    private readonly int mostWords;

    public ProbeSeries(ProbedBackbone backbone, Precision precision, string device, int threads)
    {
        (this.backbone, this.precision) = (backbone, precision);
        run = new ProbeRun(backbone.Folder, device, threads);
        var settings = ProbeSetting.FittedOf(backbone.Asset.Shape).Concat(ProbeSetting.HeldOutOf(backbone.Asset.Shape)).ToArray();
        (mostRows, mostWords) = (settings.Max(setting => setting.Batch) * ProbeSetting.Steps, settings.Max(setting => setting.Length));
    }

    /// <exception cref="ProbeFailedException">The trial ended with an error, or would take too much of the memory that is free.</exception>
    public async Task<ProbeOutcome> RunAsync(ProbeSetting setting, CancellationToken cancellationToken)
    {
        var rows = TaskOf(setting);
        var plan = setting.Plan(backbone.Asset, rows.Asset, precision, backbone.Config.MaxLength);
        var facts = CostFacts.Of(plan, backbone.Config.Heads, RowTokens.AtMost(plan.Training.MaxLength), rows.Bytes) with
        {
            Written = setting.Writes == 0 ? null : new WrittenTexts(RowTokens.AtMost(setting.Writes), setting.Writes, setting.Beams, backbone.Config.VocabSize),
        };
        if (run.IsOnProcessor)
            FreeMemory.Require(facts);
        var measured = await run.RunAsync(plan, rows.Folder, cancellationToken);
        // The first step also loads and warms up; of the others the quickest was disturbed least.
        return new ProbeOutcome(setting, new Probe(facts, measured.PeakBytes, measured.StepSeconds.Skip(1).Min(), measured.EvaluationSeconds[0]), measured);
    }

    private ProbeTask TaskOf(ProbeSetting setting)
    {
        var key = (setting.LongText, setting.Writes, setting.Beams);
        if (!tasks.TryGetValue(key, out var task))
            tasks[key] = task = ProbeTask.Write(root.CreateSubdirectory($"{tasks.Count}").FullName, setting.LongText ? LongRows : mostRows, DevRows, mostWords, setting.Writes, setting.Beams);
        return task;
    }

    public void Dispose() => root.Delete(recursive: true);
}
