using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Metrics;

/// <summary>One evaluation of one task; bigger is better.</summary>
/// <param name="Score">The mean of the task's metrics, times 100.</param>
/// <param name="Metrics">Each metric by its name, times 100, in the task's order.</param>
public sealed record TaskScore(double Score, ValueList<MetricValue> Metrics, ScoreFlags Flags)
{
    /// <summary>As a trial's result keeps it.</summary>
    public RowsScore ToRowsScore() => new(Score, Metrics, Flags.HasFlag(ScoreFlags.ConstantPrediction)) { ZeroDenominator = Flags.HasFlag(ScoreFlags.ZeroDenominator) };

    /// <param name="predicted">Class indices.</param>
    /// <param name="actual">Class indices, as many.</param>
    public static TaskScore OfClasses(IReadOnlyList<TaskMetric> metrics, ReadOnlySpan<int> predicted, ReadOnlySpan<int> actual)
    {
        CheckLengths(metrics, predicted.Length, actual.Length);
        var flags = ConstantFlag(predicted);
        var values = new List<MetricValue>(metrics.Count);
        foreach (var metric in metrics)
        {
            var value = metric switch
            {
                TaskMetric.Accuracy => ClassMetrics.Accuracy(predicted, actual),
                TaskMetric.F1 => ClassMetrics.F1(predicted, actual),
                TaskMetric.Matthews => ClassMetrics.Matthews(predicted, actual),
                _ => throw WrongKind(metric, TargetKind.Classes),
            };
            values.Add(new(TaskMetricNames.NameOf(metric), 100 * (value ?? 0)));
            if (value is null)
                flags |= ScoreFlags.ZeroDenominator;
        }
        return new(values.Average(pair => pair.Value), values.ToValueList(), flags);
    }

    /// <param name="predicted">Finite scores; a NaN or an infinity is refused, never averaged.</param>
    public static TaskScore OfScores(IReadOnlyList<TaskMetric> metrics, ReadOnlySpan<float> predicted, ReadOnlySpan<float> actual)
    {
        CheckLengths(metrics, predicted.Length, actual.Length);
        CheckFinite(predicted, nameof(predicted));
        CheckFinite(actual, nameof(actual));
        var flags = ConstantFlag(predicted);
        var values = new List<MetricValue>(metrics.Count);
        foreach (var metric in metrics)
        {
            var value = metric switch
            {
                TaskMetric.Pearson => Correlations.Pearson(predicted, actual),
                TaskMetric.Spearman => Correlations.Spearman(predicted, actual),
                _ => throw WrongKind(metric, TargetKind.Scores),
            };
            values.Add(new(TaskMetricNames.NameOf(metric), 100 * (value ?? 0)));
            if (value is null)
                flags |= ScoreFlags.ZeroDenominator;
        }
        return new(values.Average(pair => pair.Value), values.ToValueList(), flags);
    }

    /// <param name="hypotheses">What was written.</param>
    /// <param name="references">What should have been, one a row.</param>
    public static TaskScore OfTexts(IReadOnlyList<TaskMetric> metrics, IReadOnlyList<string> hypotheses, IReadOnlyList<string> references)
    {
        CheckLengths(metrics, hypotheses.Count, references.Count);
        var flags = ConstantFlag<string>([.. hypotheses]);
        var values = new List<MetricValue>(metrics.Count);
        foreach (var metric in metrics)
        {
            var value = metric switch
            {
                TaskMetric.Rouge1 => Rouge.OfRuns(1, hypotheses, references),
                TaskMetric.Rouge2 => Rouge.OfRuns(2, hypotheses, references),
                TaskMetric.RougeL => Rouge.OfSubsequences(hypotheses, references),
                TaskMetric.Bleu => Bleu.OfCorpus(hypotheses, [.. references.Select(reference => new[] { reference })]),
                _ => throw WrongKind(metric, TargetKind.Texts),
            };
            values.Add(new(TaskMetricNames.NameOf(metric), 100 * (value ?? 0)));
            if (value is null)
                flags |= ScoreFlags.ZeroDenominator;
        }
        return new(values.Average(pair => pair.Value), values.ToValueList(), flags);
    }

    private static ArgumentException WrongKind(TaskMetric metric, TargetKind wanted) => new(
        $"{TaskMetricNames.NameOf(metric)} compares {TaskMetricNames.KindOf(metric).ToString().ToLowerInvariant()}, and this task has {wanted.ToString().ToLowerInvariant()}", nameof(metric));

    private static ScoreFlags ConstantFlag<T>(ReadOnlySpan<T> predicted) where T : IEquatable<T> =>
        predicted.Length > 1 && !predicted.ContainsAnyExcept(predicted[0]) ? ScoreFlags.ConstantPrediction : ScoreFlags.None;

    private static void CheckLengths(IReadOnlyList<TaskMetric> metrics, int predicted, int actual)
    {
        if (metrics.Count == 0)
            throw new ArgumentException("a score needs at least one metric", nameof(metrics));
        if (predicted != actual)
            throw new ArgumentException($"{predicted} predictions for {actual} rows", nameof(predicted));
        if (actual == 0)
            throw new ArgumentException("there are no rows to score", nameof(actual));
    }

    private static void CheckFinite(ReadOnlySpan<float> values, string name)
    {
        for (var i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                throw new ArgumentException($"value {i} is {values[i]}: only finite scores can be compared", name);
    }
}
