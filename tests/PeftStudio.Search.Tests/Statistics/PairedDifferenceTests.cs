using PeftStudio.Search.Statistics;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Statistics;

public sealed class PairedDifferenceTests
{
    [Fact]
    public void OnlySharedIndicesArePairs()
    {
        var margin = PairedDifference.Of(Scores((0, 10), (1, 20), (3, 30)), Scores((1, 19), (2, 50), (3, 28)));

        margin.N.ShouldBe(2);
        margin.Mean.ShouldBe(1.5);
        margin.Interval.ShouldBeNull();
        margin.Verdict.ShouldBe(Verdict.TooFewRuns);
    }

    [Theory]
    [InlineData(3, Verdict.TooFewRuns)]
    [InlineData(4, Verdict.TooFewRuns)]
    [InlineData(5, Verdict.Better)]
    public void FewerThanFivePairsGiveNoVerdict(int n, Verdict expected)
    {
        var first = Scores(Enumerable.Range(0, n).Select(i => (i, 80.0 + i)).ToArray());
        var second = Scores(Enumerable.Range(0, n).Select(i => (i, 70.0 + i + (0.1 * i))).ToArray());

        PairedDifference.Of(first, second).Verdict.ShouldBe(expected);
        PairedDifference.Of(first, second).Interval.ShouldNotBeNull();
        PairedDifference.Of(second, first).Verdict.ShouldBe(expected is Verdict.Better ? Verdict.Worse : expected);
    }

    [Fact]
    public void AnIntervalAroundZeroSaysWhatThisNumberCouldFind()
    {
        var first = Scores((0, 70), (1, 72), (2, 69), (3, 74), (4, 70), (5, 71));
        var second = Scores((0, 71), (1, 70), (2, 70), (3, 71), (4, 71), (5, 70));

        var margin = PairedDifference.Of(first, second);

        margin.Verdict.ShouldBe(Verdict.CannotBeToldApart);
        margin.SmallestDetectable!.Value.ShouldBeGreaterThan(Math.Abs(margin.Mean));
        margin.MoreRunsNeeded!.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void CollapsedRunsOfEachSideAreCounted()
    {
        IndexScore[] first = [new(0, 50, true), new(1, 71, false), new(2, 50, true)];
        IndexScore[] second = [new(0, 70, false), new(1, 50, true), new(2, 72, false)];

        var margin = PairedDifference.Of(first, second);

        margin.CollapsedOfFirst.ShouldBe(2);
        margin.CollapsedOfSecond.ShouldBe(1);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(12)]
    public void IntervalsCoverTheTrueDifferenceForNormalNoise(int n) =>
        Coverage(n, random => random.Normal()).ShouldBe(95, Simulation.Bound(1));

    /// <summary>Accuracies over 100 rows: a difference is a whole number of rows.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(12)]
    public void IntervalsCoverTheTrueDifferenceOnAnAccuracyGrid(int n) =>
        Coverage(n, random => Accuracy(random) - Accuracy(random)).ShouldBe(95, Simulation.Bound(1));

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(12)]
    public void IntervalsCoverTheTrueDifferenceForHeavyTails(int n) =>
        Coverage(n, random => MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 3, random.Uniform())).ShouldBe(96, Simulation.Bound(2));

    private static double Coverage(int n, Func<Random, double> noise)
    {
        const double truth = 1.5;
        var random = new Random(20_260 + n);
        var zeros = Scores(Enumerable.Range(0, n).Select(i => (i, 0.0)).ToArray());
        var covered = 0;
        for (var study = 0; study < Simulation.Studies; study++)
        {
            var interval = PairedDifference.Of(Scores(Enumerable.Range(0, n).Select(i => (i, truth + noise(random))).ToArray()), zeros).Interval!;
            if (interval.Low <= truth && truth <= interval.High)
                covered++;
        }

        return 100.0 * covered / Simulation.Studies;
    }

    private static double Accuracy(Random random) => Enumerable.Range(0, 100).Count(_ => random.NextDouble() < 0.7);

    private static IndexScore[] Scores(params (int Sample, double Score)[] scores) =>
        scores.Select(score => new IndexScore(score.Sample, score.Score, Collapsed: false)).ToArray();
}
