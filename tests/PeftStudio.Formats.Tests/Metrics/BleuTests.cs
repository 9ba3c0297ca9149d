using PeftStudio.Formats.Metrics;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tests.Metrics;

/// <summary>sacreBLEU's own published values (github.com/mjpost/sacrebleu, test/test_bleu.py and test/test_sentence_bleu.py), and cases for pencil and paper.</summary>
public sealed class BleuTests
{
    private const double Tolerance = 1e-8;

    // sacreBLEU's README: three rows with two references each.
    private static readonly string[] Hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];

    private static readonly string[][] References =
    [
        ["The dog bit the man.", "The dog had bit the man."],
        ["It was not unexpected.", "No one was surprised."],
        ["The man bit him first.", "The man had bitten the dog."],
    ];

    [Fact]
    public void The_readmes_example() => Score(Hypotheses, References).ShouldBe(48.530827, 1e-6);

    [Fact]
    public void Hypotheses_that_are_empty_are_no_translation() => Bleu.OfCorpus(["", "", ""], References).ShouldBeNull();

    // test_sentence_bleu.py, smoothing "exp": with four words or more, and a match in the first order, its effective order is four.
    [Theory]
    [InlineData("Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;", "producţia de zahăr brut se exprimă în zahăr alb;", 8.493, 1e-3)]
    [InlineData("this is a cat", "okay thanks", 0, 1e-12)]
    public void One_row_with_orders_that_match_nowhere(string hypothesis, string reference, double expected, double tolerance) =>
        Score([hypothesis], [[reference]]).ShouldBe(expected, tolerance);

    // The documentation of torchmetrics' SacreBLEUScore gives 0.7598 for this row, which has matches in every order.
    [Fact]
    public void The_closest_references_length_counts() => Score(["the cat is on the mat"], [["there is a cat on the mat", "a cat is on the mat"]]).ShouldBe(75.98, 5e-3);

    [Fact]
    public void The_counts_of_a_published_row()
    {
        var counts = Bleu.Count(["am I am a character sequence"], [["I am a symbol string sequence a a"]]);

        counts.Matches.ShouldBe([4, 2, 1, 0]);
        counts.Runs.ShouldBe([6, 5, 4, 3]);
        (counts.Length, counts.ReferenceLength).ShouldBe((6, 8));
        // The one order without a match counts as half a match.
        (100 * counts.Score()!.Value).ShouldBe(100 * Math.Exp(1 - (8 / 6d)) * Math.Pow(4 / 6d * (2 / 5d) * (1 / 4d) * (0.5 / 3), 0.25), Tolerance);
    }

    [Fact]
    public void The_score_of_published_counts() => new BleuCounts([9, 7, 5, 3], [10, 8, 6, 4], 11, 11).Score()!.Value.ShouldBe(0.8375922397, Tolerance);

    [Theory]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 4, 4, 2, 1 }, 0, 1, 0.0)]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 0, 0, 0 }, 1, 5, null)]
    [InlineData(new[] { 2, 1, 0, 0 }, new[] { 2, 1, 0, 0 }, 2, 2, null)]
    public void Counts_without_a_match_or_without_a_run_of_four(int[] matches, int[] runs, int length, int referenceLength, double? expected) =>
        new BleuCounts(matches.ToValueList(), runs.ToValueList(), length, referenceLength).Score().ShouldBe(expected);

    [Fact]
    public void A_copy_has_100_and_its_case_matters()
    {
        Score(["The cat sat here ."], [["The cat sat here ."]]).ShouldBe(100, Tolerance);
        Bleu.Count(["the cat"], [["The cat"]]).Matches.ShouldBe([1, 0, 0, 0]);
    }

    [Fact]
    public void A_run_counts_as_often_as_one_reference_has_it()
    {
        // Papineni et al., 2.1: seven times "the" against two of them; the second reference has one alone.
        var counts = Bleu.Count(["the the the the the the the"], [["The cat is on the mat and the rug", "There is a cat on the mat"]]);

        counts.Matches[0].ShouldBe(2);
        counts.Runs[0].ShouldBe(7);
    }

    [Fact]
    public void Two_rows_are_one_corpus_and_no_mean_of_rows()
    {
        // Row one: 5 of 5, 4 of 4, 3 of 3, 2 of 2. Row two: 4 of 5 (the last word), 3 of 4, 2 of 3, 1 of 2.
        var score = Score(["a b c d e", "a b c d x"], [["a b c d e"], ["a b c d e"]]);

        score.ShouldBe(100 * Math.Pow(9 / 10d * (7 / 8d) * (5 / 6d) * (3 / 4d), 0.25), Tolerance);
    }

    // By the rules of mteval-v13a.pl.
    [Theory]
    [InlineData("Hello, world!", "Hello , world !")]
    [InlineData("It wasn't so.", "It wasn't so .")]
    [InlineData("1,000.5 and 3.", "1,000.5 and 3 .")]
    [InlineData("v.2 a,b", "v . 2 a , b")]
    [InlineData("10-20 well-known", "10 - 20 well-known")]
    [InlineData("(a/b) [c] {d}~`^", "( a / b ) [ c ] { d } ~ ` ^")]
    [InlineData("R&amp;D &lt;b&gt; &quot;x&quot;", "R & D < b > \" x \"")]
    [InlineData("hyphen-\nated and\nnext <skipped>", "hyphenated and next")]
    [InlineData("naïve… «quoted»", "naïve… «quoted»")]
    [InlineData("$5%@#", "$ 5 % @ #")]
    [InlineData("  \t ", "")]
    public void Texts_are_cut_into_words(string text, string words) => string.Join(' ', MtevalWords.In(text)).ShouldBe(words);

    private static double Score(string[] hypotheses, string[][] references) => 100 * Bleu.OfCorpus(hypotheses, references).ShouldNotBeNull();
}
