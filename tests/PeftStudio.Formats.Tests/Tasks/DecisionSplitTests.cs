using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Tasks;

public sealed class DecisionSplitTests
{
    private static readonly TaskDefinition Classes = new(
        "classes", "train", "dev", Column.Named("a"), null, Column.Named("l"), new(["x", "y", "z"]), null, [TaskMetric.Accuracy]);

    private static readonly TaskDefinition Scores = new(
        "scores", "train", "dev", Column.Named("a"), null, Column.Named("l"), null, new(0, 5), [TaskMetric.Pearson]);

    private static TaskRow[] Rows(int count, Func<int, float> target) =>
        [.. Enumerable.Range(0, count).Select(i => new TaskRow($"row {i}", null, target(i), i + 2))];

    [Fact]
    public void The_default_sets_a_tenth_aside_and_at_most_a_thousand()
    {
        var split = DecisionSplit.Of(Classes, Rows(500, i => i % 3), seed: 1);
        (split.Train.Count, split.Decision.Count).ShouldBe((450, 50));

        DecisionSplit.Of(Classes, Rows(12_000, i => i % 3), seed: 1).Decision.Count.ShouldBe(1000);
    }

    [Fact]
    public void Labels_keep_their_shares_in_both_parts()
    {
        // 60, 30 and 10 per cent.
        var rows = Rows(1000, i => i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2);

        var split = DecisionSplit.Of(Classes, rows, seed: 7, trainAtMost: 200);

        split.Decision.CountBy(row => row.Label).OrderBy(pair => pair.Key).Select(pair => pair.Value).ShouldBe([60, 30, 10]);
        split.Train.CountBy(row => row.Label).OrderBy(pair => pair.Key).Select(pair => pair.Value).ShouldBe([120, 60, 20]);
    }

    [Fact]
    public void Scores_are_spread_over_their_quantiles()
    {
        var rows = Rows(1000, i => i * i % 1000 / 200f);
        var byScore = rows.OrderBy(row => row.Target).ThenBy(row => row.RowNumber).Chunk(100).Select(bin => bin.ToHashSet()).ToList();

        var split = DecisionSplit.Of(Scores, rows, seed: 3, decisionShare: 0.05);

        foreach (var bin in byScore)
            split.Decision.Count(bin.Contains).ShouldBe(5);
    }

    [Fact]
    public void Any_split_is_disjoint_complete_seeded_and_independent_of_the_cap() => Prop.ForAll(
        Gen.Choose(2, 300).ToArbitrary(), Gen.Choose(1, 300).ToArbitrary(), ArbMap.Default.ArbFor<long>(), (count, cap, seed) =>
        {
            var rows = Rows(count, i => i * 7 % 5 % 3);
            var whole = DecisionSplit.Of(Classes, rows, seed);
            var capped = DecisionSplit.Of(Classes, rows, seed, trainAtMost: cap);

            whole.Train.Concat(whole.Decision).OrderBy(row => row.RowNumber).ShouldBe(rows);
            whole.Decision.Count.ShouldBeInRange(1, Math.Max(1, (count + 5) / 10));
            capped.Decision.ShouldBe(whole.Decision);
            capped.Train.Count.ShouldBe(Math.Min(cap, whole.Train.Count));
            capped.Train.ShouldBeSubsetOf(whole.Train);
            capped.Train.ShouldBe(capped.Train.OrderBy(row => row.RowNumber));
            DecisionSplit.Of(Classes, rows, seed, trainAtMost: cap).Train.ShouldBe(capped.Train);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Seeds_differ_and_the_rows_of_one_are_pinned()
    {
        var rows = Rows(60, i => i % 2);

        var one = DecisionSplit.Of(Classes, rows, seed: 1).Decision.Select(row => row.RowNumber).ToArray();
        var two = DecisionSplit.Of(Classes, rows, seed: 2).Decision.Select(row => row.RowNumber).ToArray();

        one.ShouldNotBe(two);
        // A change here changes every stored study's rows.
        one.ShouldBe(PinnedRows);
    }

    private static readonly int[] PinnedRows = [3, 20, 26, 32, 39, 57];

    [Fact]
    public void Every_row_is_as_likely_to_be_set_aside()
    {
        var rows = Rows(20, _ => 0);
        var counts = new int[20];
        for (var seed = 0; seed < 4000; seed++)
            foreach (var row in DecisionSplit.Of(Classes, rows, seed, decisionShare: 0.25).Decision)
                counts[row.RowNumber - 2]++;

        // 1000 expected, standard deviation 27: five of them.
        counts.ShouldAllBe(count => Math.Abs(count - 1000) < 137);
    }

    [Fact]
    public void No_share_leaves_every_row_to_learn_from()
    {
        var split = DecisionSplit.Of(Classes, Rows(10, i => i % 2), seed: 1, decisionShare: 0);

        (split.Train.Count, split.Decision.Count).ShouldBe((10, 0));
    }

    [Fact]
    public void A_cap_on_rows_that_are_only_read_keeps_the_shares()
    {
        var rows = Rows(90, i => i % 3);

        DecisionSplit.Cap(Classes, rows, seed: 5, atMost: 30).CountBy(row => row.Label).ShouldAllBe(pair => pair.Value == 10);
        DecisionSplit.Cap(Classes, rows, seed: 5, atMost: 90).ShouldBeSameAs(rows);
    }

    [Fact]
    public void What_cannot_be_split_is_refused()
    {
        Should.Throw<InvalidTaskException>(() => DecisionSplit.Of(Classes, Rows(1, _ => 0), seed: 1)).Message.ShouldContain("classes has 1 training rows");
        Should.Throw<ArgumentOutOfRangeException>(() => DecisionSplit.Of(Classes, Rows(9, _ => 0), seed: 1, decisionShare: 1));
        Should.Throw<ArgumentOutOfRangeException>(() => DecisionSplit.Of(Classes, Rows(9, _ => 0), seed: 1, decisionShare: double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => DecisionSplit.Of(Classes, Rows(9, _ => 0), seed: 1, trainAtMost: 0));
    }
}
