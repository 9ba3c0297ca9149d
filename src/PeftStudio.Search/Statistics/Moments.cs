namespace PeftStudio.Search.Statistics;

internal static class Moments
{
    public static double Mean(IReadOnlyList<double> values) => values.Sum() / values.Count;

    /// <summary>The sample variance, divided by n - 1; 0 for a single value.</summary>
    public static double Variance(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
            return 0;
        var mean = Mean(values);
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
    }

    public static double Deviation(IReadOnlyList<double> values) => Math.Sqrt(Variance(values));
}
