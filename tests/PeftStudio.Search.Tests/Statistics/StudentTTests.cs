using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Tests.Statistics;

public sealed class StudentTTests
{
    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(4, 2.7764)]
    [InlineData(11, 2.2010)]
    [InlineData(100, 1.9840)]
    public void QuantilesAreThoseOfTheTables(int degrees, double expected) =>
        StudentT.Quantile(degrees, 0.975).ShouldBe(expected, 1e-4);

    [Fact]
    public void FewerThanThreeValuesGiveNoInterval()
    {
        StudentT.MeanInterval([70, 71]).ShouldBeNull();
        StudentT.MeanInterval([70, 71, 72]).ShouldNotBeNull();
    }

    [Fact]
    public void IntervalIsMeanAndTTimesStandardError()
    {
        var interval = StudentT.MeanInterval([1, 2, 3, 4, 5])!;

        interval.Low.ShouldBe(3 - (2.7764451 * Math.Sqrt(2.5 / 5)), 1e-6);
        interval.High.ShouldBe(3 + (2.7764451 * Math.Sqrt(2.5 / 5)), 1e-6);
    }

    [Fact]
    public void MoreNeededIsTheFirstCountThatFindsTheDifference()
    {
        var more = StudentT.MoreNeeded(6, difference: 0.5, deviation: 1)!.Value;

        StudentT.SmallestDetectable(6 + more, 1).ShouldBeLessThanOrEqualTo(0.5);
        StudentT.SmallestDetectable(6 + more - 1, 1).ShouldBeGreaterThan(0.5);
        StudentT.MoreNeeded(6, difference: 0, deviation: 1).ShouldBeNull();
        StudentT.MoreNeeded(6, difference: 1e-6, deviation: 1).ShouldBeNull("10,000 pairs would not find it");
        StudentT.MoreNeeded(3, difference: 100, deviation: 0.1).ShouldBe(2, "five pairs are the least for a verdict");
    }
}
