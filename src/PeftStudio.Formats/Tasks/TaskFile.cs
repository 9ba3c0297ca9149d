using System.Globalization;
using System.Text;

namespace PeftStudio.Formats.Tasks;

/// <summary>Reads one file of a task into rows.</summary>
public static class TaskFile
{
    /// <param name="skipBadRows">Agreed by the user: rows that cannot be used are left out and counted instead of refused.</param>
    /// <exception cref="InvalidTaskException">A bad row, no rows, or a file that cannot be read as the definition says.</exception>
    public static TaskRows Read(TaskDefinition definition, string path, bool skipBadRows)
    {
        var file = Path.GetFileName(path);
        var wanted = new List<WantedColumn> { new(definition.Text), new(definition.Label) };
        if (definition.Pair is { } pair)
            wanted.Add(new(pair));

        var rows = new List<TaskRow>();
        var bad = new List<BadRow>();
        foreach (var raw in ReadRaw(definition.Format, definition, path, wanted))
        {
            var target = 0f;
            var problem = raw.Problem ?? FindTarget(definition, raw.Cells[1] ?? "", out target);
            if (problem is not null)
                bad.Add(new(raw.RowNumber, problem));
            else
                rows.Add(new(raw.Cells[0] ?? "", wanted.Count > 2 ? raw.Cells[2] : null, target, raw.RowNumber, definition.Generation is null ? null : raw.Cells[1]));
        }

        if (bad.Count > 0 && !skipBadRows)
            throw new InvalidTaskException(Describe(file, bad));
        if (rows.Count == 0)
            throw new InvalidTaskException(bad.Count == 0
                ? $"{file} has no rows; training and scoring need at least one each"
                : $"{file} has no usable row: all {bad.Count} are bad, the first, row {bad[0].RowNumber}, because {bad[0].Problem}");
        return new(rows, bad);
    }

    /// <summary>Rows to predict, from a file in any of the formats (by its extension), with labels or without.</summary>
    public static UnscoredRows ReadUnscored(TaskDefinition definition, string path)
    {
        var file = Path.GetFileName(path);
        var format = FormatOf(file) ?? definition.Format;
        var wanted = new List<WantedColumn> { Want(definition.Text, "text"), Want(definition.Label, definition.Generation is null ? "label" : "target") with { Optional = true } };
        if (definition.Pair is { } pair)
            wanted.Add(Want(pair, "pair"));

        var texts = new List<TaskText>();
        var targets = new List<float>();
        var targetTexts = new List<string>();
        foreach (var raw in ReadRaw(format, definition, path, wanted))
        {
            var target = 0f;
            var problem = raw.Problem ?? (raw.Cells[1] is { } cell ? FindTarget(definition, cell, out target) : null);
            if (problem is null && texts.Count > 0 && raw.Cells[1] is not null != targets.Count > 0)
                problem = "some rows have a label or target and this one differs; give every row one, or none";
            if (problem is not null)
                throw new InvalidTaskException($"{file}, row {raw.RowNumber}: {problem}");
            texts.Add(new(raw.Cells[0] ?? "", wanted.Count > 2 ? raw.Cells[2] : null, raw.RowNumber));
            if (raw.Cells[1] is { } given)
            {
                targets.Add(target);
                targetTexts.Add(given);
            }
        }
        if (texts.Count == 0)
            throw new InvalidTaskException($"{file} has no rows to predict");
        return targets.Count == 0 ? new(texts, null, null) : definition.Generation is null ? new(texts, targets, null) : new(texts, null, targetTexts);

        // JSON lines have no column numbers; a task that is defined by numbers takes these keys there.
        WantedColumn Want(Column column, string key) => new(format == TaskFileFormat.Jsonl && column.Name is null ? Column.Named(key) : column);
    }

    internal static TaskFileFormat? FormatOf(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".tsv" => TaskFileFormat.Tsv,
        ".csv" => TaskFileFormat.Csv,
        ".jsonl" => TaskFileFormat.Jsonl,
        _ => null,
    };

    private static List<RawRow> ReadRaw(TaskFileFormat format, TaskDefinition definition, string path, IReadOnlyList<WantedColumn> wanted)
    {
        var file = Path.GetFileName(path);
        try
        {
            // A reader that looks for the mark itself goes on leniently behind it.
            using var reader = new StreamReader(path, StrictUtf8.WithMark, detectEncodingFromByteOrderMarks: false);
            return format == TaskFileFormat.Jsonl
                ? [.. JsonLinesFile.Read(reader, wanted)]
                : [.. new DelimitedFile(reader, file, format == TaskFileFormat.Csv ? ',' : '\t', QuotingOf(format, definition), definition.HasHeader).Read(wanted)];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidTaskException($"{file} is not in the task's folder; put it there, or name the right file in task.json", error);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidTaskException($"{file} is not UTF-8 text; save it as UTF-8", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidTaskException($"{file} cannot be read: {error.Message}", error);
        }
    }

    private static Quoting QuotingOf(TaskFileFormat format, TaskDefinition definition) =>
        format == definition.Format ? definition.Quoting : format == TaskFileFormat.Csv ? Quoting.Rfc4180 : Quoting.None;

    private static string? FindTarget(TaskDefinition definition, string cell, out float target)
    {
        var value = cell.Trim();
        if (definition.Generation is not null)
        {
            target = 0;
            return value.Length > 0 ? null : "the target is empty; write the text that is wanted";
        }
        if (definition.Labels is { } labels)
        {
            var index = labels.IndexOf(value);
            target = index;
            return index >= 0 ? null : $"the label '{Shorten(value)}' is none of {string.Join(", ", labels.Values)}";
        }
        if (!float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out target) || !float.IsFinite(target))
            return $"the score '{Shorten(value)}' is no number";
        if (definition.Range is { } range && !range.Contains(target))
            return FormattableString.Invariant($"the score {target} is outside {range.Minimum} to {range.Maximum}");
        return null;
    }

    private static string Describe(string file, List<BadRow> bad)
    {
        var others = bad.Count switch
        {
            1 => "",
            2 => $" One more row is bad: {bad[1].RowNumber}.",
            _ => $" {bad.Count - 1} more rows are bad: {string.Join(", ", bad.Skip(1).Take(5).Select(row => row.RowNumber))}{(bad.Count > 6 ? ", ..." : "")}.",
        };
        return $"{file}, row {bad[0].RowNumber}: {bad[0].Problem}.{others} Correct the file, or agree to skip bad rows.";
    }

    private static string Shorten(string value) => value.Length <= 40 ? value : value[..40] + "...";
}
