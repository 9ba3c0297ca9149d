using System.Globalization;
using PeftStudio.Search.Costs;

namespace PeftStudio.Worker.Probes;

/// <summary>Predicted beside measured, a line a probe.</summary>
internal static class ProbeReport
{
    public static void Write(string title, IReadOnlyList<ProbeOutcome> outcomes, CostModel model)
    {
        var errors = new List<double>();
        foreach (var (setting, probe, _) in outcomes)
        {
            var (bytes, step) = (model.Predict(probe.Facts).PeakBytes, model.Time.Of(TrialFeatures.Of(probe.Facts).Training) / probe.Facts.Steps);
            errors.Add((bytes / probe.PeakBytes) - 1);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{title,-8}  {setting,-64} {probe.PeakBytes / 1e6,8:F0} {bytes / 1e6,8:F0} {100 * errors[^1],+6:+0.0;-0.0} %  {1e3 * probe.StepSeconds,8:F0} {1e3 * step,8:F0}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{title}: memory from {100 * errors.Min():+0.0;-0.0} to {100 * errors.Max():+0.0;-0.0} %, too low {errors.Count(error => error < 0)} of {errors.Count} times; margin {100 * model.MemoryMargin:F1} %"));
    }
}
