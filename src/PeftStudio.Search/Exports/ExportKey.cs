using System.Globalization;

namespace PeftStudio.Search.Exports;

/// <summary>Which export: there is one of a trial's adapter in a layout.</summary>
public sealed record ExportKey(long TrialId, ExportLayout Layout)
{
    /// <summary>"12-peft", the name of its job.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TrialId}-{Layout.ToString().ToLowerInvariant()}");

    /// <summary>What <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It did not.</exception>
    public static ExportKey Parse(string text) =>
        text.Split('-') is [var trial, var layout] && long.TryParse(trial, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && EnumWord.TryParse<ExportLayout>(layout, out var value)
            ? new(id, value)
            : throw new FormatException($"'{text}' names no export");
}
