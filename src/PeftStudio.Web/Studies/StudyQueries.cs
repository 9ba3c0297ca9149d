using Microsoft.AspNetCore.WebUtilities;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Studies;

/// <summary>What the designs' tab shows, as its address says it.</summary>
public sealed record DesignQuery(
    int Study, string? Stage, string? Pattern, string? Allocation, string? Tunable, string? Method, string? Text, string? Sort, bool Down, string? Colour, int Page, int? Design)
{
    public const int PageSize = 50;

    public DesignTableFilter Filter => new(
        EnumWord.TryParse<StageName>(Stage, out var stage) ? stage : null,
        null,
        EnumWord.TryParse<LayerPattern>(Pattern, out var pattern) ? pattern : null,
        EnumWord.TryParse<AllocationPattern>(Allocation, out var allocation) ? allocation : null,
        Tunable,
        Method,
        Text,
        EnumWord.TryParse<DesignSort>(Sort, out var sort) ? sort : Sort is null ? DesignSort.Drawn : DesignSort.Task,
        Sort,
        Down,
        Page * PageSize,
        PageSize);

    public string Address => QueryHelpers.AddQueryString($"/studies/{Study}", Set(
        ("tab", "designs"), ("stage", Stage), ("pattern", Pattern), ("allocation", Allocation), ("tunable", Tunable), ("method", Method), ("q", Text),
        ("sort", Sort), ("down", Down ? "true" : null), ("colour", Colour), ("page", Page > 0 ? $"{Page}" : null), ("design", Design is { } id ? $"{id}" : null)));

    /// <summary>The same, at the table: changing what it shows must not send the reader to the top of the page.</summary>
    public string AtTable => Address + "#designs";

    /// <summary>The same, at the chosen design.</summary>
    public string AtDesign => Address + "#design";

    /// <summary>First click the best or largest first, where there is a best.</summary>
    public string SortBy(string key) => (this with { Sort = key, Down = Sort == key ? !Down : key is not ("pattern" or "allocation" or "tunable" or "methods" or "drawn"), Page = 0 }).AtTable;

    private static IEnumerable<KeyValuePair<string, string?>> Set(params (string Key, string? Value)[] pairs) =>
        pairs.Where(pair => !string.IsNullOrEmpty(pair.Value)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value));
}

/// <summary>What the trials' tab shows, as its address says it.</summary>
public sealed record TrialQuery(int Study, string? State, string? Stage, string? Task, int Page)
{
    public const int PageSize = 50;

    public TrialTableFilter Filter => new(
        EnumWord.TryParse<TrialState>(State, out var state) ? state : null,
        EnumWord.TryParse<StageName>(Stage, out var stage) ? stage : null,
        string.IsNullOrEmpty(Task) ? null : Task,
        Page * PageSize,
        PageSize);

    public string Address => QueryHelpers.AddQueryString($"/studies/{Study}", new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["tab"] = "trials",
        ["state"] = State,
        ["stage"] = Stage,
        ["task"] = Task,
        ["page"] = Page > 0 ? $"{Page}" : null,
    }.Where(pair => !string.IsNullOrEmpty(pair.Value)));
}
