using System.Collections.Concurrent;
using PeftStudio.Search.Studies;
using Distribution = MathNet.Numerics.Distributions.StudentT;

namespace PeftStudio.Search.Statistics;

/// <summary>
/// Student's t: 95 % intervals and what a number of runs can find. Chosen over the percentile bootstrap, which covers 83 % at n = 5 where it says 95.
/// </summary>
public static class StudentT
{
    /// <summary>Below this many values no interval is given.</summary>
    public const int LeastForInterval = 3;

    /// <summary>Below this many pairs no verdict is given.</summary>
    public const int LeastForVerdict = 5;

    private static readonly ConcurrentDictionary<(int Degrees, double Probability), double> Known = new();

    public static double Quantile(int degrees, double probability) =>
        Known.GetOrAdd((degrees, probability), key => Distribution.InvCDF(0, 1, key.Degrees, key.Probability));

    /// <summary>mean +- t(n-1, 0.975) sd / sqrt(n); null below three values.</summary>
    public static Interval? MeanInterval(IReadOnlyList<double> values)
    {
        if (values.Count < LeastForInterval)
            return null;
        var mean = Moments.Mean(values);
        var half = Quantile(values.Count - 1, 0.975) * Moments.Deviation(values) / Math.Sqrt(values.Count);
        return new Interval(mean - half, mean + half);
    }

    /// <summary>The difference that <paramref name="n"/> pairs with spread <paramref name="deviation"/> find four times out of five.</summary>
    public static double SmallestDetectable(int n, double deviation) =>
        (Quantile(n - 1, 0.975) + Quantile(n - 1, 0.8)) * deviation / Math.Sqrt(n);

    /// <summary>Pairs to add to <paramref name="n"/> until the seen difference could be found; null where 10,000 would not do.</summary>
    public static int? MoreNeeded(int n, double difference, double deviation)
    {
        const int most = 10_000;
        bool Finds(int count) => SmallestDetectable(count, deviation) <= Math.Abs(difference);

        if (difference is 0 || !Finds(most))
            return null;
        var (low, high) = (Math.Max(n, LeastForVerdict - 1), most); // the smallest count above low that finds it
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Finds(middle))
                high = middle;
            else
                low = middle;
        }

        return high - n;
    }
}
