using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Parts.Charts;

/// <summary>Points of the design chart by one component.</summary>
public static class PointGroups
{
    public static IReadOnlyList<(string Key, string Title)> Components { get; } =
    [
        ("stage", "Stage"), ("pattern", "Layer grouping"), ("allocation", "Allocation"), ("tunable", "Tunable groups"), ("methods", "Methods used"), ("count", "Number of methods"),
    ];

    private const int Most = 8;

    /// <summary>The most frequent groups first; from the eighth on they are "other".</summary>
    public static IReadOnlyList<(string Label, Mark Mark, IReadOnlyList<DesignPointView> Points)> By(string? component, IReadOnlyList<DesignPointView> points)
    {
        var groups = points.GroupBy(point => Label(component, point), StringComparer.Ordinal).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();
        var own = groups.Count <= Most ? groups.Count : Most - 1;
        var result = groups.Take(own).Select((group, index) => (group.Key, Mark.Of(index), (IReadOnlyList<DesignPointView>)[.. group])).ToList();
        if (own < groups.Count)
            result.Add(($"{groups.Count - own} others", Mark.Of(Most - 1), [.. groups.Skip(own).SelectMany(group => group)]));
        return result;
    }

    private static string Label(string? component, DesignPointView point) => component switch
    {
        "pattern" => point.Pattern?.ToString() ?? "full fine-tuning",
        "allocation" => point.Allocation?.ToString() ?? "full fine-tuning",
        "tunable" => point.Tunable.Length == 0 ? "full fine-tuning" : point.Tunable,
        "methods" => Used(point) is { Count: > 0 } used ? string.Join("+", used) : "full fine-tuning",
        "count" => Used(point) is { Count: > 0 } used ? $"{used.Count} method{(used.Count == 1 ? "" : "s")}" : "full fine-tuning",
        _ => Stages.Title(point.Stage),
    };

    private static List<string> Used(DesignPointView point) => point.Pattern is null ? [] : [.. point.Methods
        .Split([' ', '|', '+'], StringSplitOptions.RemoveEmptyEntries).Where(name => name != "frozen").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
