namespace PeftStudio.Samples;

/// <summary>The generator's only source of chance: SplitMix64 (Steele, Lea, Flood 2014), so that equal seeds write equal files everywhere.</summary>
internal sealed class Draw(ulong seed)
{
    private ulong state = seed;

    /// <summary>0 to <paramref name="count"/> - 1; the bias of the remainder is below 1e-16 for the few choices here.</summary>
    public int Below(int count) => (int)(Next() % (ulong)count);

    public bool Heads() => Below(2) == 1;

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public T OfThese<T>(params IReadOnlyList<T> items) => Of(items);

    /// <summary>Two different items.</summary>
    public (T First, T Second) TwoOf<T>(IReadOnlyList<T> items)
    {
        var first = Below(items.Count);
        var second = (first + 1 + Below(items.Count - 1)) % items.Count;
        return (items[first], items[second]);
    }

    public void Shuffle<T>(T[] items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
