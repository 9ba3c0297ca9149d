namespace PeftStudio.Formats.Metrics;

/// <summary>Fractions over class indices; null where the denominator is zero. Class 1 is the positive one.</summary>
internal static class ClassMetrics
{
    public static double? Accuracy(ReadOnlySpan<int> predicted, ReadOnlySpan<int> actual)
    {
        var right = 0;
        for (var i = 0; i < actual.Length; i++)
            if (predicted[i] == actual[i])
                right++;
        return (double)right / actual.Length;
    }

    public static double? F1(ReadOnlySpan<int> predicted, ReadOnlySpan<int> actual)
    {
        var (truePositives, falsePositives, falseNegatives, _) = Confusion(predicted, actual);
        var denominator = 2 * truePositives + falsePositives + falseNegatives;
        return denominator == 0 ? null : 2d * truePositives / denominator;
    }

    public static double? Matthews(ReadOnlySpan<int> predicted, ReadOnlySpan<int> actual)
    {
        var (tp, fp, fn, tn) = Confusion(predicted, actual);
        // The product of four counts leaves 64 bits from about 100,000 rows on; as doubles it does not.
        var denominator = Math.Sqrt((double)(tp + fp) * (tp + fn)) * Math.Sqrt((double)(tn + fp) * (tn + fn));
        return denominator == 0 ? null : Math.Clamp(((double)tp * tn - (double)fp * fn) / denominator, -1, 1);
    }

    private static (long TruePositives, long FalsePositives, long FalseNegatives, long TrueNegatives) Confusion(ReadOnlySpan<int> predicted, ReadOnlySpan<int> actual)
    {
        long tp = 0, fp = 0, fn = 0, tn = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            if ((uint)predicted[i] > 1 || (uint)actual[i] > 1)
                throw new ArgumentException($"row {i} has class {predicted[i]} predicted and {actual[i]} given: F1 and Matthews are for the classes 0 and 1", nameof(predicted));
            switch (predicted[i], actual[i])
            {
                case (1, 1): tp++; break;
                case (1, 0): fp++; break;
                case (0, 1): fn++; break;
                default: tn++; break;
            }
        }
        return (tp, fp, fn, tn);
    }
}
