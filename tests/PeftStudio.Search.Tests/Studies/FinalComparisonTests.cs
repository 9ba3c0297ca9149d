using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Studies;

public sealed class FinalComparisonTests
{
    private static readonly FinalStep Final = new(
        new StageStep(new StageKey(StageName.Final), [Choice(0, "Found design"), Choice(1, "Full fine-tuning")]), ["Prefix on all layers is left out: too large."]);

    [Fact]
    public void TasksAreAveragedFirstAndSeedsArePaired()
    {
        var table = FinalComparison.Of(Final, Runs(5), ["a", "b"]);

        table.Rows[0].Mean!.Value.ShouldBe(76, 1e-9);
        table.Rows[0].N.ShouldBe(5);
        table.Rows[0].FoundMinusThis.ShouldBeNull();
        table.Rows[1].FoundMinusThis!.N.ShouldBe(5);
        table.Rows[1].FoundMinusThis!.Mean.ShouldBe(0.9, 1e-9);
        table.Rows[0].Tasks[0].Mean!.Value.ShouldBe(72, 1e-9);
        table.Rows[0].Tasks[0].Interval.ShouldNotBeNull();
        table.LeftOut.ShouldBe(Final.LeftOut);
    }

    [Fact]
    public void NoiseIsTheSpreadBetweenSeeds()
    {
        var table = FinalComparison.Of(Final, Runs(5), ["a", "b"]);

        table.Noise.Select(noise => (noise.Task, noise.Runs)).ShouldBe([("a", 10), ("b", 10)]);
        table.Noise[0].Deviation!.Value.ShouldBeGreaterThan(0);
        FinalComparison.Of(Final, Runs(2), ["a", "b"]).Noise[0].Deviation.ShouldBeNull();
    }

    [Fact]
    public void TheAdapterIsTheSeedWithTheBestDecisionScoreTheLowestOfEquals()
    {
        FinalRun[] runs =
        [
            new(0, 2, "a", DecisionScore: 90, DevScore: 60, false),
            new(0, 1, "a", DecisionScore: 90, DevScore: 70, false),
            new(0, 0, "a", DecisionScore: 80, DevScore: 99, false),
            new(1, 0, "a", DecisionScore: 99, DevScore: 99, false),
        ];

        var table = FinalComparison.Of(Final, runs, ["a"]);

        table.Adapters.ShouldHaveSingleItem().ShouldBe(new BestAdapter("a", 0, "Found design", 1, 90, 70));
        table.Rows[0].Tasks[0].BestSeed.ShouldBe(1);
        table.Rows[0].Tasks[0].BestDevScore.ShouldBe(70);
    }

    [Fact]
    public void AContenderWithoutRunsHasNoNumbers()
    {
        var table = FinalComparison.Of(Final, Runs(3).Where(run => run.Choice is 0).ToArray(), ["a", "b"]);

        table.Rows[1].Mean.ShouldBeNull();
        table.Rows[1].N.ShouldBe(0);
        table.Rows[1].Tasks[0].BestSeed.ShouldBeNull();
        table.Rows[1].FoundMinusThis!.Verdict.ShouldBe(Verdict.TooFewRuns);
    }

    [Fact]
    public void TheOrderOfRunsChangesNothing() =>
        FinalComparison.Of(Final, Runs(5).Reverse().ToArray(), ["a", "b"]).ShouldBe(FinalComparison.Of(Final, Runs(5), ["a", "b"]));

    private static StageChoice Choice(int index, string label) =>
        new(index, label, Enumerable.Range(0, 5).Select(seed => new SampledDesign(seed, null, null)).ToValueList());

    private static FinalRun[] Runs(int seeds) => (
        from choice in Enumerable.Range(0, 2)
        from seed in Enumerable.Range(0, seeds)
        from task in (string[])["a", "b"]
        select new FinalRun(choice, seed, task, 60 + seed, (task is "a" ? 70 : 78) - (0.9 * choice) + seed, Collapsed: false)).ToArray();
}
