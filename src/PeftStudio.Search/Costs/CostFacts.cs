using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Costs;

/// <summary>Tokens of a task's rows as a backbone's tokenizer reads them, cut to a plan's length.</summary>
/// <param name="Longest">of one row: what the largest batch is padded to.</param>
/// <param name="Mean">of all rows: batches hold rows of about one length, so little is padded.</param>
public sealed record RowTokens(int Longest, double Mean)
{
    /// <summary>Where no row was read: every row as long as the plan allows.</summary>
    public static RowTokens AtMost(int maxLength) => new(maxLength, maxLength);
}

/// <summary>Texts that a task has the model write.</summary>
/// <param name="Tokens">of the rows' targets.</param>
/// <param name="Most">tokens of a text that an evaluation writes: a model that has learned little ends none before.</param>
/// <param name="Beams">kept side by side in an evaluation.</param>
/// <param name="Vocabulary">tokens that the backbone may write: for each token of a target it gives as many logits.</param>
public sealed record WrittenTexts(RowTokens Tokens, int Most, int Beams, int Vocabulary);

/// <summary>What a trial's cost depends on: all of it is known before the trial runs.</summary>
/// <param name="Heads">attention heads of a layer.</param>
/// <param name="Design">null: full fine-tuning.</param>
/// <param name="Sizes">null where <paramref name="Design"/> is.</param>
/// <param name="TrainRows">read in each epoch.</param>
/// <param name="EvaluatedRows">read without gradients, over all epochs and the end.</param>
/// <param name="TaskBytes">of the task's files, which a worker holds as text.</param>
public sealed record CostFacts(
    BackboneShape Shape, int Heads, Design? Design, DesignSizes? Sizes, int BatchSize, RowTokens Tokens, int Epochs, int TrainRows, int EvaluatedRows, long TaskBytes)
{
    /// <summary>Every method that the design may name.</summary>
    public ValueList<PeftMethod> Methods { get; init; } = NamedMethods.All;

    /// <summary>Null: a head's outputs, or labels.</summary>
    public WrittenTexts? Written { get; init; }

    /// <summary>Steps of the optimizer.</summary>
    public int Steps => Epochs * ((TrainRows + BatchSize - 1) / BatchSize);

    public static CostFacts Of(TrialPlan plan, int heads, RowTokens tokens, long taskBytes)
    {
        var onDev = plan.DecideOn == DecisionRows.Dev;
        var decision = onDev ? plan.Task.DevRows : (int)Math.Min(plan.DecisionRowsAtMost, Math.Round(plan.DecisionShare * plan.Task.TrainRows));
        var left = Math.Max(1, plan.Task.TrainRows - (onDev ? 0 : decision));
        return new CostFacts(
            plan.Backbone.Shape, heads, plan.Design, plan.Sizes, plan.Training.BatchSize, tokens, plan.Epochs, Math.Min(plan.TrainingRows ?? left, left),
            (plan.Epochs * decision) + (plan.Evaluate == EvaluationRows.DecisionThenDev ? plan.Task.DevRows : 0), taskBytes)
        {
            Methods = plan.Methods,
        };
    }
}
