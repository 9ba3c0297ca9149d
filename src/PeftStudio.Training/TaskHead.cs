using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;

namespace PeftStudio.Training;

/// <summary>What a backbone's family is asked for a task: a head of its own, on T5 the labels' words (Raffel et al. 2020, 2.4), or any words.</summary>
public static class TaskHead
{
    /// <exception cref="InvalidDataException">Nothing ends a text to the backbone, two labels are the same tokens, or texts are asked for that are longer than it can write.</exception>
    public static HeadPlan Of(TaskDefinition task, BackboneConfig config, Tokenizer tokenizer)
    {
        if (task.Generation is not null && config.Decoder is null)
            throw new InvalidDataException($"the task '{task.Name}' asks for written text, and a {config.ModelType} writes no text; take an encoder-decoder such as T5 or BART.");
        if ((task.Generation is not null || config.T5 is not null) && LabelTexts.Problem(task, tokenizer) is { } problem)
            throw new InvalidDataException(problem + ".");
        if (task.Generation is { } generation)
            return generation.MaxTokens <= (config.MaxLength ?? int.MaxValue)
                ? HeadPlan.LanguageModel
                : throw new InvalidDataException($"the task '{task.Name}' asks for texts of up to {generation.MaxTokens} tokens; this backbone has positions for {config.MaxLength}. Lower generation.maxTokens in its task.json.");
        if (config.T5 is null)
            return task.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(task.Outputs);
        var values = task.Range is { } range ? LabelTexts.Scores(range).Select(score => score.Value).ToArray() : null;
        return HeadPlan.Written(new LabelWords([.. LabelTexts.Of(task).Select(text => tokenizer.Encode(text).Ids)], values));
    }
}
