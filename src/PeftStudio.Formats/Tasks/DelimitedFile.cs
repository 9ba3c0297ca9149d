namespace PeftStudio.Formats.Tasks;

/// <summary>Tab or comma separated records, with RFC 4180 quotes or without any.</summary>
internal sealed class DelimitedFile(TextReader reader, string file, char separator, Quoting quoting, bool hasHeader)
{
    private int lineNumber;

    public IEnumerable<RawRow> Read(IReadOnlyList<WantedColumn> wanted)
    {
        var cells = new List<string>();
        var width = 0;
        int[] places;
        if (hasHeader)
        {
            if (ReadRecord(cells) is not { } first)
                throw new InvalidTaskException($"{file} is empty; it needs a header line and rows");
            if (first.Problem is not null)
                throw new InvalidTaskException($"{file}, the header: {first.Problem}");
            width = cells.Count;
            places = [.. wanted.Select(wish => Place(wish, cells))];
        }
        else
        {
            places = [.. wanted.Select(wish => wish.Column.Index ?? -1)];
        }

        while (ReadRecord(cells) is { } record)
        {
            // An empty line between or after records is no record, unless empty is what a one-column file's row looks like.
            if (cells is [""] && record.Problem is null && width != 1)
                continue;
            var problem = record.Problem;
            if (problem is null && hasHeader && cells.Count != width)
                problem = $"it has {Count(cells.Count)} and the header has {width}";
            var values = new string?[places.Length];
            for (var i = 0; i < places.Length; i++)
            {
                if (places[i] >= 0 && places[i] < cells.Count)
                    values[i] = cells[places[i]];
                else if (!wanted[i].Optional)
                    problem ??= $"it has {Count(cells.Count)} and {wanted[i].Column} (counted from 0) is needed";
            }
            yield return new(record.RowNumber, values, problem);
        }
    }

    private int Place(WantedColumn wish, List<string> header)
    {
        if (wish.Column.Index is { } index)
        {
            if (index < header.Count || wish.Optional)
                return index;
            throw new InvalidTaskException($"{file} has {Count(header.Count)}, so there is no {wish.Column} (counted from 0)");
        }
        var place = header.IndexOf(wish.Column.Name ?? "");
        if (place < 0 && !wish.Optional)
            throw new InvalidTaskException($"{file} has no {wish.Column}; its header names {string.Join(", ", header.Select(name => $"'{name}'"))}");
        if (place >= 0 && header.LastIndexOf(header[place]) != place)
            throw new InvalidTaskException($"{file} has two columns named '{header[place]}'; give the column's number from 0, or rename one");
        return place;
    }

    /// <summary>Fills <paramref name="cells"/> with the next record; null at the end of the file.</summary>
    private (int RowNumber, string? Problem)? ReadRecord(List<string> cells)
    {
        cells.Clear();
        if (reader.ReadLine() is not { } line)
            return null;
        var rowNumber = ++lineNumber;
        if (quoting == Quoting.None)
        {
            cells.AddRange(line.Split(separator));
            return (rowNumber, null);
        }
        return (rowNumber, ReadQuoted(line, cells));
    }

    private string? ReadQuoted(string line, List<string> cells)
    {
        var cell = new System.Text.StringBuilder();
        string? problem = null;
        var at = 0;
        while (true)
        {
            if (at < line.Length && line[at] == '"')
            {
                at++;
                while (true)
                {
                    if (at == line.Length)
                    {
                        if (reader.ReadLine() is not { } next)
                            return "a quoted cell is never closed; close it with a quotation mark";
                        lineNumber++;
                        cell.Append('\n');
                        (line, at) = (next, 0);
                    }
                    else if (line[at] != '"')
                    {
                        cell.Append(line[at++]);
                    }
                    else if (at + 1 < line.Length && line[at + 1] == '"')
                    {
                        cell.Append('"');
                        at += 2;
                    }
                    else
                    {
                        at++;
                        break;
                    }
                }
                if (at < line.Length && line[at] != separator)
                    problem ??= $"'{line[at]}' follows a closing quotation mark; double the marks inside a quoted cell";
            }
            while (at < line.Length && line[at] != separator)
                cell.Append(line[at++]);
            cells.Add(cell.ToString());
            cell.Clear();
            if (at == line.Length)
                return problem;
            at++;
        }
    }

    private static string Count(int columns) => columns == 1 ? "1 column" : $"{columns} columns";
}
