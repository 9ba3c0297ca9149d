using PeftStudio.Formats.Metrics;

namespace PeftStudio.Formats.Tasks;

/// <summary>
/// The training rows of a task cut in two for one study: rows to learn from and rows to decide on, so that the official dev rows are read
/// once, at the end. Both are stratified: by label, or by quantiles of the score; texts are not. Rows are taken in the order of a keyed hash
/// of their numbers, so the same seed gives the same rows everywhere, a smaller cap a subset of a larger one's, and the decision rows do not
/// depend on the cap.
/// </summary>
/// <param name="Train">In the file's order.</param>
/// <param name="Decision">In the file's order; disjoint from <paramref name="Train"/>.</param>
public sealed record DecisionSplit(IReadOnlyList<TaskRow> Train, IReadOnlyList<TaskRow> Decision)
{
    private const int ScoreBins = 10;

    /// <param name="decisionShare">Part of the rows to decide on, 0 to below 1; at least one row where it is above 0.</param>
    /// <param name="trainAtMost">Cap on the rows to learn from; null: all that are left.</param>
    public static DecisionSplit Of(TaskDefinition definition, IReadOnlyList<TaskRow> rows, long seed, double decisionShare = 0.1, int decisionAtMost = 1000, int? trainAtMost = null)
    {
        if (decisionShare is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(decisionShare), decisionShare, "the share of rows to decide on must be at least 0 and below 1");
        if (decisionShare > 0 && decisionAtMost < 1)
            throw new ArgumentOutOfRangeException(nameof(decisionAtMost), decisionAtMost, "at least one row is needed to decide on");
        if (trainAtMost < 1)
            throw new ArgumentOutOfRangeException(nameof(trainAtMost), trainAtMost, "at least one row is needed to learn from");
        if (decisionShare > 0 && rows.Count < 2)
            throw new InvalidTaskException($"the task {definition.Name} has {rows.Count} training rows; two are needed, one to learn from and one to decide on");

        var decisionCount = decisionShare == 0 ? 0
            : Math.Min(decisionAtMost, Math.Clamp((int)Math.Round(decisionShare * rows.Count, MidpointRounding.AwayFromZero), 1, rows.Count - 1));
        var strata = Stratify(definition, rows, seed);
        var decision = Take(strata, decisionCount);
        var rest = strata.Select((stratum, i) => stratum[decision[i]..]).ToList();
        var train = Take(rest, Math.Min(trainAtMost ?? int.MaxValue, rows.Count - decisionCount));
        return new(Collect(rest, train), Collect(strata, decision));
    }

    /// <summary>A cap on rows that are only read, such as dev rows in a stage: stratified and seeded in the same way.</summary>
    public static IReadOnlyList<TaskRow> Cap(TaskDefinition definition, IReadOnlyList<TaskRow> rows, long seed, int atMost)
    {
        if (rows.Count <= atMost)
            return rows;
        var strata = Stratify(definition, rows, seed);
        return Collect(strata, Take(strata, atMost));
    }

    private static List<TaskRow[]> Stratify(TaskDefinition definition, IReadOnlyList<TaskRow> rows, long seed)
    {
        IEnumerable<IEnumerable<TaskRow>> groups = definition.Kind switch
        {
            TargetKind.Classes => rows.GroupBy(row => row.Label).OrderBy(group => group.Key),
            TargetKind.Scores => Bins([.. rows.OrderBy(row => row.Target).ThenBy(row => row.RowNumber)]),
            _ => [rows],
        };
        return [.. groups.Select(group => group.OrderBy(row => Mix(seed, row.RowNumber)).ToArray()).Where(group => group.Length > 0)];
    }

    private static IEnumerable<TaskRow[]> Bins(TaskRow[] byScore) =>
        Enumerable.Range(0, ScoreBins).Select(bin => byScore[(bin * byScore.Length / ScoreBins)..((bin + 1) * byScore.Length / ScoreBins)]);

    /// <summary>How many of each stratum: its share by the largest remainder, the first of equals before the others.</summary>
    private static int[] Take(List<TaskRow[]> strata, int count)
    {
        var total = strata.Sum(stratum => (long)stratum.Length);
        var taken = new int[strata.Count];
        if (total == 0)
            return taken;
        for (var i = 0; i < taken.Length; i++)
            taken[i] = (int)(count * (long)strata[i].Length / total);
        var left = count - taken.Sum();
        foreach (var i in Enumerable.Range(0, taken.Length).OrderByDescending(i => count * (long)strata[i].Length % total).Take(left))
            taken[i]++;
        return taken;
    }

    private static TaskRow[] Collect(List<TaskRow[]> strata, int[] taken) =>
        [.. strata.SelectMany((stratum, i) => stratum[..taken[i]]).OrderBy(row => row.RowNumber)];

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood 2014) over the seed's stream: a bijection of the row number for each seed.</summary>
    private static ulong Mix(long seed, int rowNumber)
    {
        var z = Finalise((ulong)seed + 0x9E3779B97F4A7C15) + (ulong)rowNumber * 0x9E3779B97F4A7C15;
        return Finalise(z);
    }

    private static ulong Finalise(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
