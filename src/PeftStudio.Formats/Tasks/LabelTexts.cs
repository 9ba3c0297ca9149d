using System.Globalization;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tasks;

/// <summary>What a model that writes its answers may write for a task's labels: their names, or in place of a score one of 26 numbers (Raffel et al. 2020, 2.1: STS-B in steps of 0.2).</summary>
public static class LabelTexts
{
    private const int Steps = 25;

    /// <param name="task">with labels or a range.</param>
    public static IReadOnlyList<string> Of(TaskDefinition task) => task.Range is { } range ? [.. Scores(range).Select(score => score.Text)] : task.LabelNames;

    /// <summary>What may be written in place of a score, from the range's least to its most, and how.</summary>
    public static IReadOnlyList<(float Value, string Text)> Scores(ScoreRange range) =>
        [.. Enumerable.Range(0, Steps + 1).Select(step => range.Minimum + ((range.Maximum - range.Minimum) * step / Steps)).Select(value => (value, Written(value)))];

    /// <summary>The first two that are the same tokens, so that no answer can tell them apart; null where all differ.</summary>
    public static string? Problem(TaskDefinition task, Tokenizer tokenizer)
    {
        var texts = Of(task);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var label = 0; label < texts.Count; label++)
        {
            var tokens = string.Join(' ', tokenizer.Encode(texts[label]).Ids);
            if (!first.TryAdd(tokens, label) && first[tokens] is var other)
                return $"the task '{task.Name}' cannot be written by this backbone: its tokenizer gives labels {other + 1} and {label + 1} ('{texts[other]}', '{texts[label]}') the same tokens. Give the labels other names in its task.json";
        }
        return null;
    }

    /// <summary>"3.8": one place behind the point more than the steps need none.</summary>
    private static string Written(float value) => value.ToString("0.0##", CultureInfo.InvariantCulture);
}
