using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
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

    /// <summary>The model's outputs in the rows' order: (rows x outputs), row-major; a head's regression in parts of the task's range.</summary>
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

    /// <summary>What the model writes for each row, in the rows' order.</summary>
    /// <exception cref="TrialFailedException">A text has no probability.</exception>
    public static string[] Texts(TunedModel model, TextGeneration generation, Tokenizer tokenizer, IReadOnlyList<TokenisedRow> rows, CancellationToken cancellationToken)
    {
        var texts = new string[rows.Count];
        var end = TextEnd.Of(tokenizer) ?? throw new InvalidDataException("the tokenizer puts no end token behind a text");
        foreach (var batch in BatchOrder.ForEvaluation(rows, Math.Max(1, BatchSize / generation.Beams)))
        {
            using var tokens = Padding.Batch(rows, batch, model.Backbone);
            foreach (var (row, written) in batch.Zip(model.Write(tokens, generation.Beams, generation.MaxTokens, end, cancellationToken)))
                texts[row] = double.IsFinite(written.MeanLogProbability)
                    ? tokenizer.Decode(written.Tokens)
                    : throw new TrialFailedException($"the text written for row {row + 1} of {rows.Count} has the log probability {written.MeanLogProbability}. Lower the learning rate.");
        }
        return texts;
    }

    public static RowsScore Score(TunedModel model, TaskDefinition task, Tokenizer tokenizer, IReadOnlyList<TokenisedRow> rows, CancellationToken cancellationToken) =>
        task.Generation is { } generation
            ? Score(task, Texts(model, generation, tokenizer, rows, cancellationToken), rows)
            : Score(task, model.Head, Logits(model, rows, cancellationToken), rows);

    /// <param name="texts">written for <paramref name="rows"/></param>
    public static RowsScore Score(TaskDefinition task, IReadOnlyList<string> texts, IReadOnlyList<TokenisedRow> rows) =>
        TaskScore.OfTexts(task.Metrics, texts, [.. rows.Select(row => row.Text?.Text ?? "")]).ToRowsScore();

    /// <exception cref="TrialFailedException">A prediction is not a number.</exception>
    public static RowsScore Score(TaskDefinition task, HeadPlan head, float[] logits, IReadOnlyList<TokenisedRow> rows)
    {
        if (Array.FindIndex(logits, value => !float.IsFinite(value)) is var bad and >= 0)
            throw new TrialFailedException($"the prediction for row {(bad / (logits.Length / rows.Count)) + 1} of {rows.Count} is {logits[bad]}. Lower the learning rate.");
        if (task.IsRegression)
        {
            var units = ScoreUnits.Of(task);
            var scores = Enumerable.Range(0, rows.Count).Select(row => Value(head, Outputs(row), units));
            return TaskScore.OfScores(task.Metrics, [.. scores], [.. rows.Select(row => row.Target)]).ToRowsScore();
        }
        return TaskScore.OfClasses(task.Metrics, [.. Enumerable.Range(0, rows.Count).Select(row => Label(head, Outputs(row)))], [.. rows.Select(row => (int)row.Target)]).ToRowsScore();

        ReadOnlySpan<float> Outputs(int row) => logits.AsSpan(row * head.Outputs, head.Outputs);
    }

    /// <summary>The label of one row: the likeliest, the first of equals; of words, what is written step by step.</summary>
    public static int Label(HeadPlan head, ReadOnlySpan<float> outputs)
    {
        if (head.Words is { } words)
            return words.Greedy(outputs);
        var largest = 0;
        for (var output = 1; output < outputs.Length; output++)
            if (outputs[output] > outputs[largest])
                largest = output;
        return largest;
    }

    /// <summary>One row's score in the task's own units.</summary>
    public static float Value(HeadPlan head, ReadOnlySpan<float> outputs, ScoreUnits units) =>
        head.Words is { Values: { } values } words ? values[words.Greedy(outputs)] : units.FromUnit(outputs[0]);
}
