using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Training.Batching;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>Predictions without autograd, and their scores.</summary>
public static class Evaluation
{
    private const int BatchSize = 64;

    /// <summary>The head's outputs in the rows' order: (rows x outputs), row-major; regression in parts of the task's range.</summary>
    public static float[] Logits(TunedModel model, IReadOnlyList<TokenisedRow> rows, CancellationToken cancellationToken)
    {
        var outputs = model.Head.Outputs;
        var all = new float[rows.Count * outputs];
        using var noGrad = no_grad();
        foreach (var batch in BatchOrder.ForEvaluation(rows, BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var tokens = Padding.Batch(rows, batch, model.Backbone);
            var logits = model.Forward(tokens, ForwardContext.Evaluation).cpu().data<float>().ToArray(); // (batch, outputs)
            for (var i = 0; i < batch.Length; i++)
                logits.AsSpan(i * outputs, outputs).CopyTo(all.AsSpan(batch[i] * outputs));
        }
        return all;
    }

    public static RowsScore Score(TunedModel model, TaskDefinition task, IReadOnlyList<TokenisedRow> rows, CancellationToken cancellationToken) =>
        Score(task, Logits(model, rows, cancellationToken), rows);

    /// <exception cref="TrialFailedException">A prediction is not a number.</exception>
    public static RowsScore Score(TaskDefinition task, float[] logits, IReadOnlyList<TokenisedRow> rows)
    {
        if (Array.FindIndex(logits, value => !float.IsFinite(value)) is var bad and >= 0)
            throw new TrialFailedException($"the prediction for row {(bad / (logits.Length / rows.Count)) + 1} of {rows.Count} is {logits[bad]}. Lower the learning rate.");
        if (task.IsRegression)
        {
            var units = ScoreUnits.Of(task);
            return TaskScore.OfScores(task.Metrics, [.. logits.Select(units.FromUnit)], [.. rows.Select(row => row.Target)]).ToRowsScore();
        }
        return TaskScore.OfClasses(task.Metrics, Classes(logits, rows.Count), [.. rows.Select(row => (int)row.Target)]).ToRowsScore();
    }

    /// <summary>The most likely class of each row, the first of equals.</summary>
    public static int[] Classes(float[] logits, int rows)
    {
        var outputs = logits.Length / rows;
        var classes = new int[rows];
        for (var row = 0; row < rows; row++)
            for (var output = 1; output < outputs; output++)
                if (logits[(row * outputs) + output] > logits[(row * outputs) + classes[row]])
                    classes[row] = output;
        return classes;
    }
}
