using System.Globalization;
using PeftStudio.Search.Costs;

namespace PeftStudio.Worker.Probes;

/// <summary>Keeps a probe from taking the memory that others need: the system ends processes for that, and not always the one that asked.</summary>
internal static class FreeMemory
{
    private const string File = "/proc/meminfo";
    private const string Line = "MemAvailable:";
    private const double Share = 0.6;

    /// <summary>A guess from above, before anything was measured: a process, its weights, and every counted byte and a half more.</summary>
    /// <exception cref="ProbeFailedException">More than a part of what is free.</exception>
    public static void Require(CostFacts facts)
    {
        if (!System.IO.File.Exists(File))
            return;
        var line = System.IO.File.ReadLines(File).First(text => text.StartsWith(Line, StringComparison.Ordinal));
        var free = 1024 * double.Parse(line.AsSpan(Line.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
        var features = TrialFeatures.Of(facts).Memory;
        var wanted = 3e8 + (8.0 * facts.Shape.Parameters) + (1.5 * (features.KeptBytes + features.WorkingBytes + features.TrainedBytes)) + (4 * features.TextBytes);
        if (wanted > Share * free)
            throw new ProbeFailedException(string.Create(CultureInfo.InvariantCulture, $"it may need {wanted / 1e9:F1} GB, and {free / 1e9:F1} GB are free, of which a probe takes at most {Share:P0}"));
    }
}
