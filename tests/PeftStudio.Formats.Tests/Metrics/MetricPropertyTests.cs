using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Metrics;

namespace PeftStudio.Formats.Tests.Metrics;

/// <summary>What must hold for every table, drawn by FsCheck.</summary>
public sealed class MetricPropertyTests
{
    private const double Tolerance = 1e-6;

    private static readonly Arbitrary<(int Predicted, int Actual)[]> Classes =
        Gen.Two(Gen.Choose(0, 1)).Select(pair => (pair.Item1, pair.Item2)).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    // Quarters between -5 and 5: ties are frequent, and sums are exact in floating point.
    private static readonly Arbitrary<(float Predicted, float Actual)[]> Scores =
        Gen.Two(Gen.Choose(-20, 20)).Select(pair => (pair.Item1 / 4f, pair.Item2 / 4f)).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    private static readonly TaskMetric[] ClassMetricsOnly = [TaskMetric.Accuracy, TaskMetric.F1, TaskMetric.Matthews];
    private static readonly TaskMetric[] Correlation = [TaskMetric.Pearson, TaskMetric.Spearman];

    [Fact]
    public void No_table_gives_NaN_or_leaves_the_range() => Prop.ForAll(Classes, Scores, (classes, scores) =>
    {
        foreach (var score in new[] { OfClasses(classes), OfScores(scores) })
        {
            score.Metrics.ShouldAllBe(metric => metric.Value >= -100 && metric.Value <= 100);
            score.Score.ShouldBe(score.Metrics.Average(metric => metric.Value), Tolerance);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_the_rows_does_not_matter() => Prop.ForAll(Classes, Scores, (classes, scores) =>
    {
        OfClasses([.. classes.Reverse()]).Score.ShouldBe(OfClasses(classes).Score, Tolerance);
        OfScores([.. scores.OrderBy(row => row.Actual)]).Score.ShouldBe(OfScores(scores).Score, Tolerance);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Matthews_is_Pearson_of_binary_variables() => Prop.ForAll(Classes, rows =>
    {
        var matthews = Value(OfClasses(rows), "matthews");
        var pearson = Value(OfScores([.. rows.Select(row => ((float)row.Predicted, (float)row.Actual))]), "pearson");
        matthews.ShouldBe(pearson, Tolerance);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Spearman_is_Pearson_of_ranks() => Prop.ForAll(Scores, rows =>
    {
        var predicted = Correlations.Ranks([.. rows.Select(row => row.Predicted)]);
        var actual = Correlations.Ranks([.. rows.Select(row => row.Actual)]);
        var ofRanks = OfScores([.. predicted.Zip(actual, (p, a) => ((float)p, (float)a))]);
        Value(OfScores(rows), "spearman").ShouldBe(Value(ofRanks, "pearson"), Tolerance);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranks_sum_to_what_distinct_ranks_sum_to() => Prop.ForAll(Scores, rows =>
        Correlations.Ranks([.. rows.Select(row => row.Actual)]).Sum().ShouldBe(rows.Length * (rows.Length + 1) / 2d)).QuickCheckThrowOnFailure();

    [Fact]
    public void Scale_and_shift_leave_correlations_and_a_sign_turns_them() => Prop.ForAll(Scores, rows =>
    {
        var plain = OfScores(rows);
        var moved = OfScores([.. rows.Select(row => (2 * row.Predicted + 8, row.Actual))]);
        var turned = OfScores([.. rows.Select(row => (-row.Predicted, row.Actual))]);
        moved.Score.ShouldBe(plain.Score, Tolerance);
        turned.Score.ShouldBe(-plain.Score, Tolerance);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_monotone_change_leaves_Spearman() => Prop.ForAll(Scores, rows =>
        Value(OfScores([.. rows.Select(row => (row.Predicted * row.Predicted * row.Predicted, row.Actual))]), "spearman")
            .ShouldBe(Value(OfScores(rows), "spearman"), Tolerance)).QuickCheckThrowOnFailure();

    [Fact]
    public void Only_a_perfect_prediction_has_accuracy_100() => Prop.ForAll(Classes, rows =>
        (Value(OfClasses(rows), "accuracy") == 100).ShouldBe(rows.All(row => row.Predicted == row.Actual))).QuickCheckThrowOnFailure();

    private static double Value(TaskScore score, string name) => score.Metrics.Single(metric => metric.Name == name).Value;

    private static TaskScore OfClasses((int Predicted, int Actual)[] rows) =>
        TaskScore.OfClasses(ClassMetricsOnly, [.. rows.Select(row => row.Predicted)], [.. rows.Select(row => row.Actual)]);

    private static TaskScore OfScores((float Predicted, float Actual)[] rows) =>
        TaskScore.OfScores(Correlation, [.. rows.Select(row => row.Predicted)], [.. rows.Select(row => row.Actual)]);
}
