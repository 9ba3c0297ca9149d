using PeftStudio.Search.Samplers;

namespace PeftStudio.Training.Batching;

/// <summary>
/// Which rows go into which batch. Training: a keyed shuffle, cut into pools of some batches, each pool sorted by length, so that a batch pads little; then the batches are
/// shuffled. Evaluation: all rows by length. Equal seeds give equal batches on every machine.
/// </summary>
public static class BatchOrder
{
    /// <summary>How an adapter's file names this rule; another rule gets another name.</summary>
    public const string Rule = "length-pools-16";

    private const int PoolBatches = 16;

    /// <summary>Row indices of each batch of one epoch; the last batch may be short.</summary>
    public static int[][] ForTraining(IReadOnlyList<TokenisedRow> rows, int batchSize, RandomStream random)
    {
        var order = Enumerable.Range(0, rows.Count).ToArray();
        Shuffle(order, random);
        var batches = order.Chunk(batchSize * PoolBatches)
            .SelectMany(pool => pool.OrderBy(row => rows[row].Ids.Length).Chunk(batchSize)) // OrderBy is stable
            .ToArray();
        Shuffle(batches, random);
        return batches;
    }

    /// <summary>Row indices of each batch, short rows first.</summary>
    public static int[][] ForEvaluation(IReadOnlyList<TokenisedRow> rows, int batchSize) =>
        [.. Enumerable.Range(0, rows.Count).OrderBy(row => rows[row].Ids.Length).Chunk(batchSize)];

    private static void Shuffle<T>(T[] items, RandomStream random)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
