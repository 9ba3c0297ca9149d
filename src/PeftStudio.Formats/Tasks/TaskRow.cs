using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>One example.</summary>
/// <param name="Target">The label's index (a whole number) or the score; finite.</param>
/// <param name="RowNumber">The line of the file it starts on, the header included, counted from 1.</param>
public sealed record TaskRow(string Text, string? Pair, float Target, int RowNumber)
{
    /// <summary>The class index of a classification row.</summary>
    public int Label => (int)Target;
}

/// <summary>A row that cannot be used, and why.</summary>
public sealed record BadRow(int RowNumber, string Problem);

/// <summary>One file's rows in the file's order.</summary>
/// <param name="BadRows">Left out; empty unless leaving them out was agreed.</param>
public sealed record TaskRows(IReadOnlyList<TaskRow> Rows, IReadOnlyList<BadRow> BadRows)
{
    /// <summary>Rows for each class index; empty for regression.</summary>
    public ValueList<int> CountLabels(TaskDefinition definition)
    {
        var counts = new int[definition.Labels?.Count ?? 0];
        if (counts.Length > 0)
            foreach (var row in Rows)
                counts[row.Label]++;
        return counts.ToValueList();
    }
}

/// <summary>Rows to predict: <paramref name="Targets"/> is null where the file has no labels.</summary>
public sealed record UnscoredRows(IReadOnlyList<TaskText> Texts, IReadOnlyList<float>? Targets);

public sealed record TaskText(string Text, string? Pair, int RowNumber);
