using PeftStudio.Formats.Metrics;

namespace PeftStudio.Formats.Tests.Metrics;

/// <summary>Values that can be checked with pencil and paper.</summary>
public sealed class ClosedFormMetricsTests
{
    private const double Tolerance = 1e-10;

    // 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
    private static readonly int[] Predicted = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
    private static readonly int[] Actual = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0];

    [Fact]
    public void The_class_metrics_of_a_known_confusion_table()
    {
        var score = TaskScore.OfClasses([TaskMetric.Accuracy, TaskMetric.F1, TaskMetric.Matthews], Predicted, Actual);

        score.Metrics.Select(metric => metric.Name).ShouldBe(["accuracy", "f1", "matthews"]);
        score.Metrics[0].Value.ShouldBe(70, Tolerance);
        score.Metrics[1].Value.ShouldBe(100 * 2d * 3 / (2 * 3 + 1 + 2), Tolerance);
        score.Metrics[2].Value.ShouldBe(100 * (3d * 4 - 1 * 2) / Math.Sqrt(4 * 5 * 5 * 6), Tolerance);
        score.Score.ShouldBe((score.Metrics[0].Value + score.Metrics[1].Value + score.Metrics[2].Value) / 3, Tolerance);
        score.Flags.ShouldBe(ScoreFlags.None);
    }

    [Fact]
    public void F1_is_of_class_1_and_not_symmetric()
    {
        var flipped = TaskScore.OfClasses([TaskMetric.F1], [.. Predicted.Select(c => 1 - c)], [.. Actual.Select(c => 1 - c)]);

        flipped.Score.ShouldBe(100 * 2d * 4 / (2 * 4 + 2 + 1), Tolerance);
    }

    [Fact]
    public void Accuracy_counts_three_classes() =>
        TaskScore.OfClasses([TaskMetric.Accuracy], [0, 1, 2, 2], [0, 1, 2, 0]).Score.ShouldBe(75, Tolerance);

    [Fact]
    public void The_correlations_of_a_known_table()
    {
        // x = 1..5, y = 2, 1, 4, 3, 5: sum of squared rank differences 4, so Spearman = 1 - 6*4/(5*24) = 0.8; equal to Pearson on these ranks.
        var score = TaskScore.OfScores([TaskMetric.Pearson, TaskMetric.Spearman], [1, 2, 3, 4, 5], [2, 1, 4, 3, 5]);

        score.Metrics[0].Value.ShouldBe(80, Tolerance);
        score.Metrics[1].Value.ShouldBe(80, Tolerance);
    }

    [Fact]
    public void Pearson_of_values_that_are_not_ranks()
    {
        // Deviations (-2, 0, 2) and (-3, 0, 3) but for the last pair: x = 1, 3, 5; y = 1, 2, 9 with mean 4.
        var score = TaskScore.OfScores([TaskMetric.Pearson, TaskMetric.Spearman], [1, 3, 5], [1, 2, 9]);

        score.Metrics[0].Value.ShouldBe(100 * 16 / Math.Sqrt(8 * 38d), Tolerance);
        score.Metrics[1].Value.ShouldBe(100, Tolerance);
        score.Score.ShouldBe((score.Metrics[0].Value + 100) / 2, Tolerance);
    }

    [Fact]
    public void Ties_share_the_mean_of_their_ranks()
    {
        Correlations.Ranks([10, 20, 20, 5, 20]).ShouldBe([2, 4, 4, 1, 4]);

        // Ranks 1.5, 1.5, 3 against 1, 2, 3: deviations (-.5, -.5, 1) and (-1, 0, 1).
        TaskScore.OfScores([TaskMetric.Spearman], [7, 7, 9], [1, 2, 3]).Score.ShouldBe(100 * 1.5 / Math.Sqrt(1.5 * 2), Tolerance);
    }

    [Fact]
    public void A_constant_prediction_is_zero_and_flagged_whatever_its_value()
    {
        // 0.1f has no exact mean in binary: a variance of rounding errors must not become a correlation.
        var constant = Enumerable.Repeat(0.1f, 7).ToArray();
        var score = TaskScore.OfScores([TaskMetric.Pearson, TaskMetric.Spearman], constant, [1, 2, 3, 4, 5, 4, 3]);

        score.Score.ShouldBe(0);
        score.Flags.ShouldBe(ScoreFlags.ConstantPrediction | ScoreFlags.ZeroDenominator);
        score.ToRowsScore().ConstantPrediction.ShouldBeTrue();
    }

    [Fact]
    public void A_constant_target_leaves_no_denominator()
    {
        var score = TaskScore.OfScores([TaskMetric.Pearson], [1, 2, 3], [4, 4, 4]);

        score.Score.ShouldBe(0);
        score.Flags.ShouldBe(ScoreFlags.ZeroDenominator);
        score.ToRowsScore().ZeroDenominator.ShouldBeTrue();
    }

    [Fact]
    public void Matthews_of_a_constant_prediction_is_zero()
    {
        var score = TaskScore.OfClasses([TaskMetric.Matthews], [1, 1, 1, 1], [1, 0, 1, 1]);

        score.Score.ShouldBe(0);
        score.Flags.ShouldBe(ScoreFlags.ConstantPrediction | ScoreFlags.ZeroDenominator);
    }

    [Fact]
    public void F1_without_any_positive_is_zero_and_accuracy_is_not_touched()
    {
        var score = TaskScore.OfClasses([TaskMetric.Accuracy, TaskMetric.F1], [0, 0], [0, 0]);

        score.Metrics.Select(metric => metric.Value).ShouldBe([100, 0]);
        score.Flags.HasFlag(ScoreFlags.ZeroDenominator).ShouldBeTrue();
        score.Score.ShouldBe(50);
    }

    [Fact]
    public void Matthews_does_not_overflow_on_large_tables()
    {
        var actual = Enumerable.Range(0, 400_000).Select(i => i % 2).ToArray();

        TaskScore.OfClasses([TaskMetric.Matthews], actual, actual).Score.ShouldBe(100, Tolerance);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_is_refused_by_its_place(float bad) =>
        Should.Throw<ArgumentException>(() => TaskScore.OfScores([TaskMetric.Pearson], [1, bad, 3], [1, 2, 3])).Message.ShouldContain("value 1");

    [Fact]
    public void Lengths_emptiness_and_kinds_are_checked()
    {
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([TaskMetric.Accuracy], [1], [1, 0])).Message.ShouldContain("1 predictions for 2 rows");
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([TaskMetric.Accuracy], [], [])).Message.ShouldContain("no rows");
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([], [1], [1])).Message.ShouldContain("metric");
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([TaskMetric.Pearson], [1], [1])).Message.ShouldContain("pearson compares scores");
        Should.Throw<ArgumentException>(() => TaskScore.OfScores([TaskMetric.F1], [1], [1])).Message.ShouldContain("f1 compares classes");
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([TaskMetric.F1], [2], [1])).Message.ShouldContain("row 0 has class 2");
    }

    [Fact]
    public void Every_metric_has_a_name_that_is_found_again()
    {
        foreach (var metric in Enum.GetValues<TaskMetric>())
            TaskMetricNames.Find(TaskMetricNames.NameOf(metric)).ShouldBe(metric);
        TaskMetricNames.Find("Accuracy").ShouldBeNull();
    }
}
