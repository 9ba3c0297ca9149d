using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Metrics;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Tests.Metrics;

public sealed class TextScoreTests
{
    private static readonly TaskMetric[] All = [TaskMetric.Rouge1, TaskMetric.Rouge2, TaskMetric.RougeL, TaskMetric.Bleu];

    [Fact]
    public void The_score_is_the_mean_of_the_metrics()
    {
        var score = TaskScore.OfTexts([TaskMetric.Rouge1, TaskMetric.Bleu], ["a b c d e"], ["a b c d x"]);

        score.Metrics[0].Value.ShouldBe(80, 1e-10);
        score.Metrics[1].Value.ShouldBe(100 * Math.Pow(4 / 5d * (3 / 4d) * (2 / 3d) * (1 / 2d), 0.25), 1e-10);
        score.Score.ShouldBe((score.Metrics[0].Value + score.Metrics[1].Value) / 2, 1e-10);
        score.Flags.ShouldBe(ScoreFlags.None);
    }

    [Fact]
    public void A_model_that_always_writes_the_same_is_flagged()
    {
        var score = TaskScore.OfTexts([TaskMetric.RougeL], ["the news", "the news"], ["the news today", "no news"]);

        score.ToRowsScore().ConstantPrediction.ShouldBeTrue();
        score.Flags.ShouldBe(ScoreFlags.ConstantPrediction);
    }

    [Fact]
    public void What_has_no_run_of_four_words_has_BLEU_0_by_convention()
    {
        var score = TaskScore.OfTexts([TaskMetric.Rouge1, TaskMetric.Bleu], ["two words", "and three more"], ["two words", "and three more"]);

        score.Metrics.Select(metric => metric.Value).ShouldBe([100, 0]);
        score.Flags.ShouldBe(ScoreFlags.ZeroDenominator);
    }

    /// <summary>A copy of the references, word for word, and not one of the words that ROUGE counts.</summary>
    [Fact]
    public void Texts_in_another_script_have_ROUGE_0_by_convention_and_say_so()
    {
        var score = TaskScore.OfTexts([TaskMetric.Rouge1], ["дождь идёт", "снег"], ["дождь идёт", "снег"]).ToRowsScore();

        (score.Score, score.ConstantPrediction, score.ZeroDenominator).ShouldBe((0, false, true));
        CanonicalJson.Read<RowsScore>(CanonicalJson.Write(score)).ShouldBe(score);
        TaskScore.OfTexts([TaskMetric.Rouge1], ["rain falls", "snow"], ["rain falls", "snow"]).ToRowsScore().ZeroDenominator.ShouldBeFalse();
        CanonicalJson.Read<RowsScore>("""{"score": 0, "metrics": [], "constantPrediction": true}""").ShouldNotBeNull().ZeroDenominator.ShouldBeFalse();
    }

    [Fact]
    public void Empty_texts_are_scored_and_flagged() =>
        TaskScore.OfTexts(All, ["", ""], ["", ""]).ShouldBe(new(0, [new("rouge1", 0), new("rouge2", 0), new("rougeL", 0), new("bleu", 0)], ScoreFlags.ConstantPrediction | ScoreFlags.ZeroDenominator));

    [Fact]
    public void Any_texts_have_finite_scores_in_range_and_a_copy_the_best() => Prop.ForAll(
        Gen.Elements("a", "b", "C", ".", "1,5", "x-y", "é", "\n", "&amp;").ArrayOf().Select(words => string.Join(' ', words)).Two().Select(pair => (pair.Item1, pair.Item2)).ArrayOf().Where(rows => rows.Length > 0).ToArbitrary(), rows =>
        {
            string[] hypotheses = [.. rows.Select(row => row.Item1)], references = [.. rows.Select(row => row.Item2)];

            var score = TaskScore.OfTexts(All, hypotheses, references);
            var copy = TaskScore.OfTexts(All, references, references);

            score.Metrics.ShouldAllBe(metric => metric.Value >= 0 && metric.Value <= 100 + 1e-9);
            foreach (var (value, best) in score.Metrics.Zip(copy.Metrics).SkipLast(1))
                value.Value.ShouldBeLessThanOrEqualTo(best.Value + 1e-9);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Kinds_and_lengths_are_checked()
    {
        Should.Throw<ArgumentException>(() => TaskScore.OfTexts([TaskMetric.Accuracy], ["a"], ["a"])).Message.ShouldContain("accuracy compares classes, and this task has texts");
        Should.Throw<ArgumentException>(() => TaskScore.OfClasses([TaskMetric.Bleu], [1], [1])).Message.ShouldContain("bleu compares texts, and this task has classes");
        Should.Throw<ArgumentException>(() => TaskScore.OfScores([TaskMetric.Rouge1], [1], [1])).Message.ShouldContain("rouge1 compares texts, and this task has scores");
        Should.Throw<ArgumentException>(() => TaskScore.OfTexts([TaskMetric.Bleu], ["a"], [])).Message.ShouldContain("1 predictions for 0 rows");
        Should.Throw<ArgumentException>(() => TaskScore.OfTexts([TaskMetric.Bleu], [], [])).Message.ShouldContain("no rows");
    }
}
