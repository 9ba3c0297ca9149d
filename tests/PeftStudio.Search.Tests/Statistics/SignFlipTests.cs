using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Tests.Statistics;

public sealed class SignFlipTests
{
    [Fact]
    public void AllOfOneSignIsTwoPatternsOfAll()
    {
        SignFlip.P([1, 2, 3, 4, 5, 6]).ShouldBe(2.0 / 64);
        SignFlip.P([-1, -2, -3, -4, -5, -6, -7]).ShouldBe(2.0 / 128);
    }

    [Fact]
    public void OutsideSixToFortyPairsThereIsNone()
    {
        SignFlip.P([1, 2, 3, 4, 5]).ShouldBeNull();
        SignFlip.P(Enumerable.Repeat(1.0, 41).ToArray()).ShouldBeNull();
    }

    [Fact]
    public void NoDifferenceAtAllIsOne() => SignFlip.P([0, 0, 0, 0, 0, 0]).ShouldBe(1);

    [Fact]
    public void EqualsTheCountOverEveryPattern()
    {
        var random = new Random(7);
        for (var round = 0; round < 30; round++)
        {
            var values = Enumerable.Range(0, 6 + (round % 5)).Select(_ => Math.Round(random.NextDouble() - 0.4, 1)).ToArray();

            SignFlip.P(values)!.Value.ShouldBe(ByHand(values), 1e-12);
        }
    }

    private static double ByHand(double[] values)
    {
        var seen = Math.Abs(values.Sum()) - 1e-9;
        var count = 0;
        for (var pattern = 0; pattern < 1 << values.Length; pattern++)
            if (Math.Abs(values.Select((value, bit) => (pattern >> bit & 1) is 1 ? value : -value).Sum()) >= seen)
                count++;
        return (double)count / (1 << values.Length);
    }
}
