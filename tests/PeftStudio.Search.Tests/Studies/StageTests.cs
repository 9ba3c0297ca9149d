using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Studies;

public sealed class StageTests
{
    private static readonly StageKey Key = new(StageName.Grouping);

    private static readonly string[] Tasks = ["similarity", "sentiment"];

    [Fact]
    public void TheBestMeanWinsAndTheSentenceSaysByHowMuch()
    {
        var decision = Decide(12, (choice, sample) => 70 + (choice is 1 ? 0.8 : 0) + (sample % 3) + (0.1 * ((choice + sample) % 4)));

        decision.Winner.ShouldBe(1);
        decision.WinnerLabel.ShouldBe("Spindle");
        decision.RunnerUp.ShouldBe(0);
        decision.Margin!.Verdict.ShouldBe(Verdict.Better);
        decision.Evidence.Count.ShouldBe(2);
        decision.Evidence.Sum(choice => choice.BestProbability!.Value).ShouldBe(1, 1e-9);
        decision.Sentence.ShouldBe("Spindle: 72.0, +0.8 [0.7, 0.9] over uniform, P(best) 1.00, n = 12");
    }

    [Fact]
    public void EqualMeansGoToTheFirstChoice()
    {
        var decision = Decide(3, (_, sample) => 70 + sample);

        decision.Winner.ShouldBe(0);
        decision.Sentence.ShouldContain("equal means, the first in the fixed order is kept");
    }

    [Theory]
    [InlineData(2, "too few runs for an interval")]
    [InlineData(4, "too few runs for a verdict")]
    [InlineData(6, "cannot be told apart")]
    public void SmallNumbersClaimNothing(int n, string words)
    {
        var decision = Decide(n, (choice, sample) => 70 + ((choice + sample) % 2 * 3) + (sample * choice * 0.3));

        decision.Sentence.ShouldContain(words);
        decision.Sentence.ShouldContain($"n = {n}");
        decision.Sentence.ShouldNotContain(" over ");
    }

    [Fact]
    public void OnlyDesignsWithEveryTaskCount()
    {
        var runs = Runs(3, (choice, sample) => choice is 0 && sample is 2 ? 99 : 70 + choice)
            .Where(run => !(run is { Choice: 0, Sample: 2, Task: "sentiment" })).ToArray();

        var decision = Decided(Stage.Decide(Step(3), runs, new HashSet<int>(), Tasks, 1));

        decision.Winner.ShouldBe(1);
        decision.Evidence[0].N.ShouldBe(2);
        decision.Evidence[0].Mean.ShouldBe(70);
    }

    [Fact]
    public void AChoiceWithNothingCompleteHoldsTheStepUntilItIsDropped()
    {
        var runs = Runs(3, (_, _) => 70).Where(run => run.Choice is 0 || run.Task is "similarity").ToArray();

        var held = Stage.Decide(Step(3), runs, new HashSet<int>(), Tasks, 1).ShouldBeOfType<StageVerdict.Held>();
        var decision = Decided(Stage.Decide(Step(3), runs, new HashSet<int> { 1 }, Tasks, 1));

        held.Choices.ShouldBe([1]);
        held.Message.ShouldContain("Spindle");
        held.Message.ShouldContain("retry");
        held.Message.ShouldContain("drop");
        decision.Winner.ShouldBe(0);
        decision.RunnerUp.ShouldBeNull();
        decision.Sentence.ShouldContain("dropped: Spindle");
        Stage.Decide(Step(3), runs, new HashSet<int> { 0, 1 }, Tasks, 1).ShouldBeOfType<StageVerdict.Held>();
    }

    [Fact]
    public void TheOrderOfRunsDoesNotMatter()
    {
        var runs = Runs(6, (choice, sample) => 70.123 + (0.31 * choice) + (1.7 * sample % 1)).ToArray();
        var expected = Decided(Stage.Decide(Step(6), runs, new HashSet<int>(), Tasks, 1));

        for (var seed = 0; seed < 20; seed++)
        {
            var mixed = runs.ToArray();
            new Random(seed).Shuffle(mixed);
            Decided(Stage.Decide(Step(6), mixed, new HashSet<int>(), Tasks, 1)).ShouldBe(expected);
        }
    }

    [Fact]
    public void TwoScoresForOnePlaceAreRefused()
    {
        var runs = Runs(3, (_, _) => 70).Append(new ScoredRun(0, 0, "sentiment", 71, false)).ToArray();

        Should.Throw<ArgumentException>(() => Stage.Decide(Step(3), runs, new HashSet<int>(), Tasks, 1)).Message.ShouldContain("'sentiment'");
    }

    [Fact]
    public void CollapsedRunsAreSaid()
    {
        var runs = Runs(6, (choice, sample) => 70 + choice + (0.1 * sample * choice)).Select(run => run with { Collapsed = run is { Choice: 1, Sample: 0 } }).ToArray();

        Decided(Stage.Decide(Step(6), runs, new HashSet<int>(), Tasks, 1)).Sentence.ShouldContain("collapsed runs: 1 and 0");
    }

    [Fact]
    public void AClosedComponentSaysSo()
    {
        var space = new DesignSpace(1, [LayerPattern.Uniform], [AllocationPattern.Uniform], [new TunableGroups([1])], [[new MethodSet(["lora"])]]);

        var decision = Stage.Close(new StageKey(StageName.Allocation), new OpenChoice(2, "Uniform", space));

        decision.Closed.ShouldBeTrue();
        decision.Winner.ShouldBe(2);
        decision.Evidence.ShouldBeEmpty();
        decision.Sentence.ShouldBe("Uniform: the only choice left, closed by definition; nothing was run");
    }

    [Fact]
    public void ARunningStepShowsItsPresentEvidence()
    {
        var runs = Runs(4, (choice, sample) => 70 + choice + sample).Where(run => run.Choice is 0 || run.Sample < 0).ToArray();

        var evidence = Stage.Evidence(Step(4), runs, Tasks, 1);

        evidence.ShouldHaveSingleItem().N.ShouldBe(4);
        evidence[0].BestProbability.ShouldBeNull();
    }

    private static StageDecision Decide(int n, Func<int, int, double> score) =>
        Decided(Stage.Decide(Step(n), Runs(n, score), new HashSet<int>(), Tasks, 1));

    private static StageDecision Decided(StageVerdict verdict) => verdict.ShouldBeOfType<StageVerdict.Decided>().Decision;

    private static StageStep Step(int n) => new(Key,
    [
        new StageChoice(0, "Uniform", Samples(LayerPattern.Uniform, n)),
        new StageChoice(1, "Spindle", Samples(LayerPattern.Spindle, n)),
    ]);

    private static ValueList<SampledDesign> Samples(LayerPattern pattern, int n) => Enumerable.Range(0, n)
        .Select(index => new SampledDesign(index, new Design(pattern, [new LayerGrouping([1, 1 + index])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet(["lora"]), MethodSet.Empty]), new DesignSizes([], 10)))
        .ToValueList();

    private static ScoredRun[] Runs(int n, Func<int, int, double> score) => (
        from choice in Enumerable.Range(0, 2)
        from sample in Enumerable.Range(0, n)
        from task in Tasks
        select new ScoredRun(choice, sample, task, score(choice, sample), Collapsed: false)).ToArray();
}
