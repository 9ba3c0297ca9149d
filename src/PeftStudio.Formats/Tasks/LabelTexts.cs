using System.Globalization;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tasks;

/// <summary>What a model that writes its answers may write for a task's labels: their names, or in place of a score one of 26 numbers (Raffel et al. 2020, 2.1: STS-B in steps of 0.2).</summary>
public static class LabelTexts
{
    private const int Steps = 25;

    // Memory grows with the square of what must be decoded to tell them apart: with so many labels, a few gigabytes at the very worst.
    private const int MostLabels = 2000;

    /// <param name="task">with labels or a range.</param>
    public static IReadOnlyList<string> Of(TaskDefinition task) => task.Range is { } range ? [.. Scores(range).Select(score => score.Text)] : task.LabelNames;

    /// <summary>What may be written in place of a score, from the range's least to its most, and how.</summary>
    public static IReadOnlyList<(float Value, string Text)> Scores(ScoreRange range) =>
        [.. Enumerable.Range(0, Steps + 1).Select(step => range.Minimum + ((range.Maximum - range.Minimum) * step / Steps)).Select(value => (value, Written(value)))];

    /// <summary>
    /// Why a backbone cannot write a task's answers, and the remedy: nothing ends a text, the labels are too many, or the first two that are the same tokens, so that no answer can tell them apart.
    /// Null where it can.
    /// </summary>
    public static string? Problem(TaskDefinition task, Tokenizer tokenizer) =>
        Reason(task, tokenizer) is { } reason ? $"the task '{task.Name}' cannot be written by this backbone: {reason}" : null;

    private static string? Reason(TaskDefinition task, Tokenizer tokenizer)
    {
        if (TextEnd.Of(tokenizer) is null)
            return "its tokenizer puts no end token behind a text, so no answer would end. Take the backbone's own tokenizer files (in tokenizer.json, 'post_processor' adds the token)";
        if (task.Generation is not null)
            return null;
        var texts = Of(task);
        if (texts.Count > MostLabels)
            return $"it has {texts.Count} labels, and all of them are decoded at once; at most {MostLabels} are. Take a BERT, RoBERTa or BART, which has a head for labels";
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var label = 0; label < texts.Count; label++)
        {
            var tokens = string.Join(' ', tokenizer.Encode(texts[label]).Ids);
            if (!first.TryAdd(tokens, label) && first[tokens] is var other)
                return task.Range is { } range ? SameScores(range, other, label, texts)
                    : $"its tokenizer gives labels {other + 1} and {label + 1} ('{texts[other]}', '{texts[label]}') the same tokens. Give the labels other names in its task.json";
        }
        return null;
    }

    private static string SameScores(ScoreRange range, int first, int second, IReadOnlyList<string> texts) => texts[first] == texts[second]
        ? string.Create(CultureInfo.InvariantCulture, $"steps {first + 1} and {second + 1} of {Steps + 1} over the range {range.Minimum} to {range.Maximum} are both written '{texts[first]}'. Give the scores, and 'regression' in its task.json, in another unit, so that a step is at least 0.001")
        : $"its tokenizer gives the scores '{texts[first]}' and '{texts[second]}' the same tokens. Take a backbone whose tokenizer has digits and the point";

    /// <summary>"3.8": one place behind the point more than the steps need none.</summary>
    private static string Written(float value) => value.ToString("0.0##", CultureInfo.InvariantCulture);
}
