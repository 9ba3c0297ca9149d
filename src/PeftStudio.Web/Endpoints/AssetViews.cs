using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Endpoints;

/// <summary>A backbone as the API shows it. <paramref name="Notes"/>: what may go wrong with it. <paramref name="Problem"/>: why it cannot be used; null where it can.</summary>
public sealed record BackboneView(string Name, string? Hash, BackboneShape? Shape, int? MaxLength, ValueList<string> Ignored, ValueList<string> Notes, string? Problem)
{
    internal static BackboneView Of(BackboneListing listing) =>
        new(listing.Name, listing.Hash, listing.Shape, listing.Config?.MaxLength, listing.Config?.Ignored ?? [], listing.Notes, listing.Error);
}

public sealed record LabelCount(string Label, int Rows);

public sealed record TaskFileView(string File, int Rows, int BadRows, ValueList<BadRow> FirstBadRows, ValueList<LabelCount> Labels);

/// <summary>A task as the API shows it. <paramref name="Generation"/>: null unless its targets are texts. <paramref name="Problem"/>: why it cannot be used; null where it can.</summary>
public sealed record TaskView(
    string Name, string? Hash, string? Description, ValueList<string> Labels, ValueList<string> Metrics, bool Regression, TextGeneration? Generation, bool Pairs, TaskFileView? Train, TaskFileView? Dev, string? Problem)
{
    internal static TaskView Of(TaskListing listing) => new(
        listing.Name, listing.Hash, listing.Definition?.Description, listing.Definition?.LabelNames ?? [], listing.Definition?.MetricNames ?? [],
        listing.Definition?.IsRegression ?? false, listing.Definition?.Generation, listing.Definition?.Pair is not null, File(listing, listing.Train), File(listing, listing.Dev), listing.Error);

    private static TaskFileView? File(TaskListing task, FileListing? file) => file is null ? null : new(
        file.File, file.Rows, file.BadRows, file.FirstBadRows,
        file.LabelCounts.Select((count, label) => new LabelCount(task.Definition?.LabelNames[label] ?? "", count)).ToValueList());
}

/// <summary>One of the first rows as they will be read, with what is asked for: a label, a score or a text.</summary>
public sealed record TaskRowView(int Row, string Text, string? Pair, string? Label, double? Score, string? Target);
