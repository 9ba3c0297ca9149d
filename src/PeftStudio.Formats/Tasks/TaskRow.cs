using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>One example.</summary>
/// <param name="Target">The label's index (a whole number) or the score, finite; 0 where a text is the target.</param>
/// <param name="RowNumber">The line of the file it starts on, the header included, counted from 1.</param>
/// <param name="TargetText">What a generation task should write, as the file has it; null in tasks of the other kinds.</param>
public sealed record TaskRow(string Text, string? Pair, float Target, int RowNumber, string? TargetText = null)
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
    /// <summary>Rows for each class index; empty for regression and generation.</summary>
    public ValueList<int> CountLabels(TaskDefinition definition)
    {
        var counts = new int[definition.Labels?.Count ?? 0];
        if (counts.Length > 0)
            foreach (var row in Rows)
                counts[row.Label]++;
        return counts.ToValueList();
    }
}

/// <summary>Rows to predict: <paramref name="Targets"/> is null where the file has no labels, and in generation tasks; <paramref name="TargetTexts"/> in all others.</summary>
public sealed record UnscoredRows(IReadOnlyList<TaskText> Texts, IReadOnlyList<float>? Targets, IReadOnlyList<string>? TargetTexts);

public sealed record TaskText(string Text, string? Pair, int RowNumber);
