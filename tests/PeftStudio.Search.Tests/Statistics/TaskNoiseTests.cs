using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Tests.Statistics;

public sealed class TaskNoiseTests
{
    [Fact]
    public void PoolsTheSpreadWithinDesigns()
    {
        var noise = TaskNoise.Of("sentiment", [[70, 72], [80, 82, 84], [99]]);

        noise.Runs.ShouldBe(5);
        noise.Deviation!.Value.ShouldBe(Math.Sqrt((2 + 8) / 3.0), 1e-12);
    }

    [Fact]
    public void FewerThanFiveRunsAreNotEnough() => TaskNoise.Of("sentiment", [[70, 72], [80, 82]]).Deviation.ShouldBeNull();
}
