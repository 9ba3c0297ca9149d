using System.Globalization;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A plan's predicted memory and time as the form words them.</summary>
/// <param name="Says">of a trial and of the study, or how to find out; empty while the plan has problems.</param>
/// <param name="Cost">null where nothing was measured.</param>
/// <param name="Warnings">what would not fit into memory, and what to lower.</param>
public sealed record CostLook(string Says, StudyCost? Cost, IReadOnlyList<string> Warnings)
{
    public static readonly CostLook Nothing = new("", null, []);

    public static CostLook NotMeasured(StudyPlan plan, BackboneListing backbone) => new(
        $"Memory and time of a trial are not measured yet for {backbone.Name} in {Word(plan.Training.Precision)}: run {Command(backbone.Folder, plan.Training.Precision)}.", null, []);

    public static CostLook NotRead(string task, string reason) => new("", null, [$"Memory and time of a trial are not predicted: the rows of {task} cannot be read now ({reason})."]);

    public static string Command(string folder, Precision precision) => $"./studio probe --backbone {folder}{(precision == Precision.Fp32 ? "" : $" --precision {Word(precision)}")}";

    public static CostLook Of(StudyPlan plan, StudyCost cost, CostModelView basis)
    {
        var workers = Math.Max(1, basis.Workers);
        var full = cost is { FullPeakBytes: { } bytes, FullSeconds: { } seconds }
            ? $"; of full fine-tuning {Figures.Bytes((long)bytes)} and {Figures.Time(TimeSpan.FromSeconds(seconds))}" : "";
        var whole = Figures.Time(TimeSpan.FromSeconds(cost.LeastSeconds / workers), TimeSpan.FromSeconds(cost.MostSeconds / workers));
        var live = basis.Workers == 0 ? ", of which no worker is live" : "";
        return new(
            $"Predicted: up to {Figures.Bytes((long)cost.PeakBytes)} and about {Figures.Time(TimeSpan.FromSeconds(cost.TrialSeconds))} a trial{full}; the study {whole} with {Count(workers)}. "
                + string.Create(CultureInfo.InvariantCulture, $"Measured {basis.MeasuredAt.UtcDateTime:yyyy-MM-dd} on {basis.Profile}{live}."),
            cost, [.. WarningsOf(plan, cost, basis)]);
    }

    private static IEnumerable<string> WarningsOf(StudyPlan plan, StudyCost cost, CostModelView basis)
    {
        if (basis.Model.MachineBytes is not { } machine)
            yield break;
        var together = Math.Max(1, basis.OnOneHost);
        var room = $"{(together == 1 ? "the worker's machine has" : $"{together} workers share a machine with")} {Figures.Bytes(machine)}";
        var fewer = together == 1 ? "" : ", or run fewer workers";
        if (cost.PeakBytes * together > machine)
            yield return $"A trial is predicted to need {Figures.Bytes((long)cost.PeakBytes)}, and {room}: it may run out of memory. Lower the batch ({plan.Training.BatchSize}) or the most tokens a row ({plan.Training.MaxLength}){fewer}.";
        else if (cost.FullPeakBytes is { } full && full * together > machine)
            yield return $"Full fine-tuning is predicted to need {Figures.Bytes((long)full)}, and {room}: it may run out of memory. Leave it out of the final comparison, or lower the batch ({plan.Training.BatchSize}){fewer}.";
    }

    private static string Word(Precision precision) => precision.ToString().ToLowerInvariant();

    private static string Count(int workers) => workers == 1 ? "1 worker" : $"{workers} workers";
}
