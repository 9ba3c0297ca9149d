using System.Globalization;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Parts;

/// <summary>Numbers as the pages write them, the same everywhere.</summary>
public static class Figures
{
    /// <summary>12,345 with a thin space, so that a column of counts lines up and no comma is taken for a point.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u2009');

    /// <summary>In the units of the downloads that people know: 940 B, 12 kB, 440 MB, 1.42 GB.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => Whole(bytes) + " B",
        < 1_000_000 => Whole(bytes / 1e3) + " kB",
        < 10_000_000 => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " MB",
        < 1_000_000_000 => Whole(bytes / 1e6) + " MB",
        _ => (bytes / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " GB",
    };

    /// <summary>A score times 100: one decimal.</summary>
    public static string Score(double? score) => score is { } value ? value.ToString("0.0", CultureInfo.InvariantCulture) : "–";

    public static string Signed(double value) => value.ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    public static string Range(Interval? interval) => interval is null ? "" : $"[{Score(interval.Low)}, {Score(interval.High)}]";

    public static string Probability(double? value) => value is { } p ? p.ToString("0.00", CultureInfo.InvariantCulture) : "–";

    /// <summary>A probability of being best never reads 1.00 or 0.00 by rounding alone.</summary>
    public static string Best(double? value) => value switch { null => "–", > 0.995 and < 1 => ">0.99", > 0 and < 0.005 => "<0.01", { } p => p.ToString("0.00", CultureInfo.InvariantCulture) };

    /// <summary>A difference of logits: 3.1e-7, 0.25.</summary>
    public static string Difference(double value) => value.ToString(value is > 0 and < 0.01 ? "0.#e-0" : "0.###", CultureInfo.InvariantCulture);

    public static string Percent(double value) => value.ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>42 s, 3 min 20 s, 2 h 5 min, 3 d 4 h.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 0 } => "0 s",
        { TotalSeconds: < 10 } => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        { TotalSeconds: < 60 } => Whole(time.TotalSeconds) + " s",
        { TotalMinutes: < 10 } => $"{Math.Floor(time.TotalMinutes)} min {time.Seconds} s",
        { TotalHours: < 1 } => Whole(time.TotalMinutes) + " min",
        { TotalDays: < 1 } => $"{Math.Floor(time.TotalHours)} h {time.Minutes} min",
        _ => $"{Math.Floor(time.TotalDays)} d {time.Hours} h",
    };

    /// <summary>A range of time in one unit where it can: "3 to 5 min".</summary>
    public static string Time(TimeSpan low, TimeSpan high)
    {
        var (a, b) = (Time(low), Time(high));
        return a == b ? $"about {a}" : $"{a} to {b}";
    }

    /// <summary>
    /// What is left, as a range that narrows: the speed so far is a mean over the completed trials, whose spread is taken as half of the mean
    /// (short and long trials, the start's share), so the range shrinks with the square root of their number; at least 10 %.
    /// </summary>
    public static string Left(TimeSpan remaining, TrialCounts trials)
    {
        var spread = Math.Max(0.1, 1 / Math.Sqrt(Math.Max(1, trials.Completed)));
        return Time(remaining * (1 - Math.Min(0.6, spread)), remaining * (1 + spread));
    }

    public static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static string Whole(double value) => Math.Round(value).ToString(CultureInfo.InvariantCulture);
}
