using System.Globalization;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>One folder as the catalog found it: a task with its counts, or what is wrong with it.</summary>
/// <param name="Definition">Null where <paramref name="Error"/> says that none could be read.</param>
/// <param name="Hash">Null where <paramref name="Error"/> is not.</param>
/// <param name="Error">Why the task cannot be used at all; null where it can.</param>
public sealed record TaskListing(string Folder, string Name, TaskDefinition? Definition, string? Hash, FileListing? Train, FileListing? Dev, string? Error)
{
    /// <summary>Rows that have to be skipped, with agreement, before the task can be used.</summary>
    public int BadRows => (Train?.BadRows ?? 0) + (Dev?.BadRows ?? 0);

    /// <summary>The first of them: "train.tsv, row 5: it has 2 columns ..."; null where all rows can be used.</summary>
    public string? FirstBadRow => new[] { Train, Dev }.OfType<FileListing>()
        .SelectMany(file => file.FirstBadRows.Select(bad => string.Create(CultureInfo.InvariantCulture, $"{file.File}, row {bad.RowNumber}: {bad.Problem}"))).FirstOrDefault();
}

/// <param name="Rows">Usable rows.</param>
/// <param name="LabelCounts">By class index; empty for regression and generation.</param>
/// <param name="Preview">The first rows as they will be read.</param>
/// <param name="FirstBadRows">Up to <see cref="TaskCatalog.PreviewRows"/> of them.</param>
public sealed record FileListing(string File, int Rows, ValueList<int> LabelCounts, ValueList<TaskRow> Preview, int BadRows, ValueList<BadRow> FirstBadRows);
