using PeftStudio.Formats.Metrics;

namespace PeftStudio.Formats.Tests.Metrics;

/// <summary>The values of google-research/rouge's rouge_scorer_test.py; those to five places are ROUGE-1.5.5's over rows of random letters (its testdata).</summary>
public sealed class RougeTests
{
    private const string Target0 = "ZfbCUIUuePaiLVUlCaUXxkpu XPeWing tUHfPMuZ',-Xd Y BrUgVJing M-HV.-DgdDaY.rFDJCRing Ht-LM EKBDXkME,yz'RBr q'wtion wIojNbN wL,b .a-'XdQggyFl jB-RPP'iyOIcUxer tKM L";
    private const string Prediction0 = "rFDJCRtion Ht-LM EKtDXkME,yz'RBr q'wer wrojNbN wL,b .a-'XdQggyFl jB-RPP'iyOIcUxi";

    [Theory]
    [InlineData("testing", 1 / 2d, 0, 1 / 2d)]
    [InlineData("testing one", 4 / 5d, 2 / 3d, 4 / 5d)]
    [InlineData("testing two", 4 / 5d, 0, 4 / 5d)]
    [InlineData("", 0, 0, 0)]
    [InlineData("/", 0, 0, 0)]
    public void The_F_measures_against_testing_one_two(string hypothesis, double one, double two, double longest)
    {
        var score = TaskScore.OfTexts([TaskMetric.Rouge1, TaskMetric.Rouge2, TaskMetric.RougeL], [hypothesis], ["testing one two"]);

        score.Metrics.Select(metric => metric.Name).ShouldBe(["rouge1", "rouge2", "rougeL"]);
        score.Metrics[0].Value.ShouldBe(100 * one, 1e-10);
        score.Metrics[1].Value.ShouldBe(100 * two, 1e-10);
        score.Metrics[2].Value.ShouldBe(100 * longest, 1e-10);
        score.Flags.ShouldBe(ScoreFlags.None);
    }

    [Fact]
    public void The_F_measures_of_ROUGE_1_5_5()
    {
        Rouge.OfRuns(1, [Prediction0], [Target0])!.Value.ShouldBe(0.51163, 5e-6);
        Rouge.OfRuns(2, [Prediction0], [Target0])!.Value.ShouldBe(0.39024, 5e-6);
        Rouge.OfSubsequences([Prediction0], [Target0])!.Value.ShouldBe(0.51163, 5e-6);
    }

    [Fact]
    public void A_subsequence_keeps_the_order_and_may_have_gaps()
    {
        // rouge_scorer_test.py's table: 2 3 4 of 1 2 3 4 5 in 2 5 3 4.
        Rouge.OfSubsequences(["2 5 3 4"], ["1 2 3 4 5"]).ShouldBe(2 * 3 / 9d);
        Rouge.OfSubsequences(["8 9"], ["1 2 3 4 5"]).ShouldBe(0);
    }

    [Fact]
    public void A_repeated_word_counts_as_often_as_both_have_it() => Rouge.OfRuns(1, ["the the the"], ["the cat, THE dog"]).ShouldBe(2 * 2 / 7d);

    [Fact]
    public void Rows_are_averaged() => Rouge.OfRuns(1, ["a b", "c", ""], ["a b", "d", "e"])!.Value.ShouldBe(1 / 3d, 1e-12);

    [Fact]
    public void Texts_without_a_run_on_either_side_have_no_score()
    {
        Rouge.OfRuns(2, ["one", ""], ["one", "two"]).ShouldBeNull();
        Rouge.OfRuns(1, ["да"], ["да"]).ShouldBeNull();
        Rouge.OfSubsequences(["..."], [""]).ShouldBeNull();
    }
}
