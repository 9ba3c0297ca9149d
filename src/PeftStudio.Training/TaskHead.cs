using System.Globalization;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;

namespace PeftStudio.Training;

/// <summary>What a backbone's family is asked for a task: a head of its own, on T5 the labels' words (Raffel et al. 2020, 2.4), or any words.</summary>
public static class TaskHead
{
    // STS-B's 0 to 5 is written in steps of 0.2: 26 numbers.
    private const int Steps = 25;

    /// <exception cref="InvalidDataException">Two labels are the same tokens to the backbone, or texts are asked for that are longer than it can write.</exception>
    public static HeadPlan Of(TaskDefinition task, BackboneConfig config, Tokenizer tokenizer)
    {
        if (task.Generation is not null && config.Decoder is null)
            throw new InvalidDataException($"the task '{task.Name}' asks for written text, and a {config.ModelType} writes no text; take an encoder-decoder such as T5 or BART.");
        if (task.Generation is { } generation)
            return generation.MaxTokens <= (config.MaxLength ?? int.MaxValue)
                ? HeadPlan.LanguageModel
                : throw new InvalidDataException($"the task '{task.Name}' asks for texts of up to {generation.MaxTokens} tokens; this backbone has positions for {config.MaxLength}. Lower generation.maxTokens in its task.json.");
        if (config.T5 is null)
            return task.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(task.Outputs);
        var scores = task.Range is { } range ? Scores(range) : null;
        try
        {
            return HeadPlan.Written(new LabelWords([.. (scores?.Select(score => score.Text) ?? task.LabelNames).Select(text => tokenizer.Encode(text).Ids)], scores?.Select(score => score.Value).ToArray()));
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"the task '{task.Name}' cannot be written by this backbone: {error.Message}. Give the labels other names in its task.json.", error);
        }
    }

    /// <summary>What may be written in place of a score, from the range's least to its most, and how.</summary>
    internal static IReadOnlyList<(float Value, string Text)> Scores(ScoreRange range) =>
        [.. Enumerable.Range(0, Steps + 1).Select(step => range.Minimum + ((range.Maximum - range.Minimum) * step / Steps)).Select(value => (value, Written(value)))];

    /// <summary>"3.8": one place behind the point more than the steps need none.</summary>
    private static string Written(float value) => value.ToString("0.0##", CultureInfo.InvariantCulture);
}
