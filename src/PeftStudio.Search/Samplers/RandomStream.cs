using System.Numerics;

namespace PeftStudio.Search.Samplers;

/// <summary>
/// The random numbers of one key, in order: Philox over a counter. Equal keys give equal streams on every machine; different keys
/// give independent ones. Not for use from two threads.
/// </summary>
public sealed class RandomStream
{
    private readonly ulong key;
    private readonly ulong stream;
    private ulong block;
    private ulong second;
    private bool hasSecond;

    /// <param name="key">picks the permutation.</param>
    /// <param name="stream">the counter's high half; the low half counts blocks.</param>
    public RandomStream(ulong key, ulong stream)
    {
        this.key = key;
        this.stream = stream;
    }

    /// <summary>64 uniform bits.</summary>
    public ulong Bits()
    {
        if (hasSecond)
        {
            hasSecond = false;
            return second;
        }
        (var first, second) = Philox.Block(block++, stream, key);
        hasSecond = true;
        return first;
    }

    /// <summary>Uniform in 0 .. <paramref name="bound"/> - 1, exactly (Lemire, "Fast Random Integer Generation in an Interval", 2019); rising in the bits, so that rivals with other bounds stay coupled.</summary>
    public long Below(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var range = (ulong)bound;
        var refused = unchecked(0UL - range) % range;
        while (true)
        {
            var product = (UInt128)Bits() * range;
            if ((ulong)product >= refused)
                return (long)(ulong)(product >> 64);
        }
    }

    public int Below(int bound) => (int)Below((long)bound);

    /// <summary>Uniform in 0 .. <paramref name="bound"/> - 1 for any size of bound.</summary>
    public BigInteger Below(BigInteger bound)
    {
        if (bound < 1)
            throw new ArgumentOutOfRangeException(nameof(bound), $"{bound}; at least 1");
        var bits = (int)(bound - 1).GetBitLength();
        while (true)
        {
            var draw = BigInteger.Zero;
            for (var have = 0; have < bits; have += 64)
                draw = (draw << 64) | Bits();
            draw &= (BigInteger.One << bits) - 1;
            if (draw < bound)
                return draw;
        }
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double Unit() => (Bits() >> 11) / (double)(1L << 53);

    /// <summary>Uniform strictly inside (0, 1), as an inverse distribution function needs it.</summary>
    public double OpenUnit() => ((Bits() >> 12) + 0.5) / (1L << 52);

    public T Pick<T>(IReadOnlyList<T> items)
    {
        if (items.Count == 0)
            throw new ArgumentException("nothing to pick from", nameof(items));
        return items[Below(items.Count)];
    }

    /// <summary>Every order equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>The numbers 0 .. <paramref name="count"/> - 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        Shuffle<int>(order);
        return order;
    }

    /// <summary>Standard normal, by the inverse distribution function: one number of the stream a draw.</summary>
    public double Normal() => MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, OpenUnit());

    /// <summary>Chi-squared with <paramref name="freedom"/> degrees of freedom, by the inverse distribution function.</summary>
    public double ChiSquared(double freedom) => MathNet.Numerics.Distributions.ChiSquared.InvCDF(freedom, OpenUnit());
}
