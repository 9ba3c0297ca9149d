namespace PeftStudio.Search.Statistics;

/// <summary>The exact two-sided sign-flip test: the share of the 2^n sign patterns whose sum is at least as far from 0 as the one seen.</summary>
public static class SignFlip
{
    /// <summary>Below six pairs p cannot reach 0.05.</summary>
    public const int Least = 6;

    /// <summary>Half the patterns of 40 pairs are a million sums; beyond that the t interval is the evidence.</summary>
    public const int Most = 40;

    /// <summary>Null outside 6..40 pairs.</summary>
    public static double? P(IReadOnlyList<double> differences)
    {
        var n = differences.Count;
        if (n is < Least or > Most)
            return null;
        // Equal sums in another order may differ in the last bits; they count as equal.
        var seen = Math.Abs(differences.Sum()) - (1e-9 * differences.Sum(Math.Abs));
        if (seen <= 0)
            return 1;
        var left = Sums(differences.Take(n / 2).ToArray());
        var right = Sums(differences.Skip(n / 2).ToArray());
        Array.Sort(left);
        Array.Sort(right);
        long count = 0;
        var first = right.Length; // right[first..] reaches the mark together with the present left sum
        foreach (var sum in left)
        {
            while (first > 0 && sum + right[first - 1] >= seen)
                first--;
            count += right.Length - first;
        }

        return 2.0 * count / Math.Pow(2, n); // the patterns are symmetric about 0
    }

    private static double[] Sums(double[] values)
    {
        var sums = new double[1 << values.Length];
        for (var pattern = 0; pattern < sums.Length; pattern++)
            for (var bit = 0; bit < values.Length; bit++)
                sums[pattern] += (pattern >> bit & 1) is 1 ? values[bit] : -values[bit];
        return sums;
    }
}
