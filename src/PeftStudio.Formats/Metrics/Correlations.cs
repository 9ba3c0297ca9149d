namespace PeftStudio.Formats.Metrics;

/// <summary>In -1..1; null where one side is constant.</summary>
public static class Correlations
{
    public static double? Pearson(ReadOnlySpan<float> predicted, ReadOnlySpan<float> actual) =>
        Pearson(ToDoubles(predicted), ToDoubles(actual));

    /// <summary>Pearson's correlation of the ranks; equal values share the mean of their ranks.</summary>
    public static double? Spearman(ReadOnlySpan<float> predicted, ReadOnlySpan<float> actual) =>
        Pearson(Ranks(predicted), Ranks(actual));

    /// <summary>From 1; equal values share the mean of their ranks.</summary>
    public static double[] Ranks(ReadOnlySpan<float> values)
    {
        var sorted = values.ToArray();
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(sorted, order);
        var ranks = new double[values.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = (start + 1 + end) / 2d;
        }
        return ranks;
    }

    private static double? Pearson(double[] x, double[] y)
    {
        // Asked exactly: rounding in the mean would give a constant side a tiny variance of its own.
        if (IsConstant(x) || IsConstant(y))
            return null;
        double meanX = x.Average(), meanY = y.Average();
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            xy += dx * dy;
            xx += dx * dx;
            yy += dy * dy;
        }
        var denominator = Math.Sqrt(xx) * Math.Sqrt(yy);
        return denominator == 0 ? null : Math.Clamp(xy / denominator, -1, 1);
    }

    private static bool IsConstant(ReadOnlySpan<double> values) => !values.ContainsAnyExcept(values[0]);

    private static double[] ToDoubles(ReadOnlySpan<float> values)
    {
        var doubles = new double[values.Length];
        for (var i = 0; i < doubles.Length; i++)
            doubles[i] = values[i];
        return doubles;
    }
}
