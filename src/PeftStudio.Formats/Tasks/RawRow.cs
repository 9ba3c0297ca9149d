namespace PeftStudio.Formats.Tasks;

/// <summary>The wanted cells of one record, in the order of the wish; null where an optional one is absent.</summary>
/// <param name="Problem">Why the cells cannot be trusted; null where they can.</param>
internal readonly record struct RawRow(int RowNumber, string?[] Cells, string? Problem);

/// <summary>A column that a reader is asked for.</summary>
internal readonly record struct WantedColumn(Column Column, bool Optional = false);
