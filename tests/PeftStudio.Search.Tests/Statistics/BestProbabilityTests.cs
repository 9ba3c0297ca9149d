using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Tests.Statistics;

public sealed class BestProbabilityTests
{
    [Fact]
    public void OneChoiceOrOneIndexGivesNone()
    {
        BestProbability.Of([Choice(0, [70, 71, 72])], Uniforms(1)).ShouldBeNull();
        BestProbability.Of([Choice(0, [70]), Choice(1, [71])], Uniforms(1)).ShouldBeNull();
    }

    [Fact]
    public void ProbabilitiesSumToOneAndFollowTheMeans()
    {
        var found = BestProbability.Of([Choice(0, [70, 73, 67, 71]), Choice(1, [73, 72, 71, 74]), Choice(2, [72, 71, 70, 71])], Uniforms(1))!;

        found.Sum().ShouldBe(1, 1e-9);
        found[1].ShouldBeGreaterThan(0.6);
        found[1].ShouldBeGreaterThan(found[2]);
        found[2].ShouldBeGreaterThan(found[0]);
    }

    [Fact]
    public void ChoicesThatScoreTheSameShareEqually()
    {
        double[] scores = [70.1, 71.7, 69.3];

        BestProbability.Of([Choice(0, scores), Choice(1, scores), Choice(2, scores)], Uniforms(1))!
            .ShouldAllBe(share => Math.Abs(share - (1.0 / 3)) < 1e-9);
    }

    [Fact]
    public void ConstantMarginsAreCertain() =>
        BestProbability.Of([Choice(0, [70, 71]), Choice(1, [72, 73])], Uniforms(1))!.ShouldBe([0, 1]);

    [Fact]
    public void TheSameDrawsGiveTheSameAnswer()
    {
        ChoiceScores[] choices = [Choice(0, [70, 72, 69]), Choice(1, [71, 72, 70])];

        BestProbability.Of(choices, Uniforms(5)).ShouldBe(BestProbability.Of(choices, Uniforms(5)));
    }

    [Fact]
    public void AnUnpairedChoiceEntersWithItsOwnNumberAndVariance()
    {
        var tight = BestProbability.Of([Choice(0, [70, 72, 69, 71]), Choice(1, [70, 72, 70, 71]), Choice(2, [73, 73.1, 72.9], paired: false)], Uniforms(1))!;
        var loose = BestProbability.Of([Choice(0, [70, 72, 69, 71]), Choice(1, [70, 72, 70, 71]), Choice(2, [63, 83, 73], paired: false)], Uniforms(1))!;

        tight[2].ShouldBeGreaterThan(loose[2]);
        tight.Sum().ShouldBe(1, 1e-9);
        loose[2].ShouldBeGreaterThan(0.3);
    }

    /// <summary>Choices' true means are normal with spread tau, indices shift all rivals alike: where P(best) says 70 to 100 %, it must be right about as often.</summary>
    [Fact]
    public void WhatItSaysIsHowOftenItIsRight()
    {
        const int choices = 5;
        const int n = 6;
        var random = new Random(11);
        var uniforms = Uniforms(12);
        double said = 0;
        var (right, cases) = (0, 0);
        for (var study = 0; study < (Simulation.Full ? 4_000 : 250); study++)
        {
            var truth = Enumerable.Range(0, choices).Select(_ => random.Normal()).ToArray();
            var shift = Enumerable.Range(0, n).Select(_ => 2 * random.Normal()).ToArray();
            var scores = truth.Select((mean, k) => Choice(k, shift.Select(index => 70 + mean + index + random.Normal()).ToArray())).ToArray();
            var found = BestProbability.Of(scores, uniforms)!;
            var best = Array.IndexOf(found, found.Max());
            if (found[best] < 0.7)
                continue;
            cases++;
            said += found[best];
            if (truth[best].Equals(truth.Max()))
                right++;
        }

        cases.ShouldBeGreaterThan(50);
        (100.0 * right / cases).ShouldBe(100 * said / cases, Simulation.Full ? 4 : 9);
    }

    private static ChoiceScores Choice(int index, double[] scores, bool paired = true) =>
        new(index, $"choice {index}", scores.Select((score, sample) => new IndexScore(sample, score, false)).ToValueList(), paired);

    private static Func<double> Uniforms(int seed)
    {
        var random = new Random(seed);
        return random.Uniform;
    }
}
