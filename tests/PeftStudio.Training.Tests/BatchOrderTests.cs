using PeftStudio.Search.Samplers;
using PeftStudio.Training.Batching;

namespace PeftStudio.Training.Tests;

public sealed class BatchOrderTests
{
    private static readonly TokenisedRow[] Rows = [.. Enumerable.Range(0, 103).Select(i => new TokenisedRow(new int[3 + (i * 37 % 29)], new int[3 + (i * 37 % 29)], i))];

    [Fact]
    public void Every_row_is_in_one_batch_of_an_epoch()
    {
        var batches = BatchOrder.ForTraining(Rows, 8, Seeds.Stream(1, 0, "order"));
        batches.SelectMany(batch => batch).Order().ShouldBe(Enumerable.Range(0, Rows.Length));
        batches.Count(batch => batch.Length != 8).ShouldBe(1);
    }

    [Fact]
    public void Equal_seeds_give_equal_batches_and_another_seed_others()
    {
        var first = BatchOrder.ForTraining(Rows, 8, Seeds.Stream(1, 0, "order"));
        BatchOrder.ForTraining(Rows, 8, Seeds.Stream(1, 0, "order")).ShouldBe(first);
        BatchOrder.ForTraining(Rows, 8, Seeds.Stream(1, 1, "order")).ShouldNotBe(first);
    }

    [Fact]
    public void The_next_epoch_has_another_order()
    {
        var order = Seeds.Stream(1, 0, "order");
        BatchOrder.ForTraining(Rows, 8, order).ShouldNotBe(BatchOrder.ForTraining(Rows, 8, order));
    }

    [Fact]
    public void Batches_of_one_pool_pad_less_than_batches_at_random_would()
    {
        static int Padding(IEnumerable<int[]> batches) => batches.Sum(batch => (batch.Max(row => Rows[row].Ids.Length) * batch.Length) - batch.Sum(row => Rows[row].Ids.Length));
        Padding(BatchOrder.ForTraining(Rows, 8, Seeds.Stream(1, 0, "order"))).ShouldBeLessThan(Padding(Enumerable.Range(0, Rows.Length).Chunk(8)) / 3);
    }

    [Fact]
    public void Evaluation_goes_from_short_to_long()
    {
        var lengths = BatchOrder.ForEvaluation(Rows, 8).SelectMany(batch => batch).Select(row => Rows[row].Ids.Length).ToArray();
        lengths.ShouldBe(lengths.Order());
        lengths.Length.ShouldBe(Rows.Length);
    }
}
