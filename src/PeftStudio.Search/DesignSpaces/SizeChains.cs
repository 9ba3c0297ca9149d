namespace PeftStudio.Search.DesignSpaces;

/// <summary>
/// Vectors of positive sizes with a given sum whose neighbours rise (+1), fall (-1) or are equal (0) as <c>steps</c> say. Counted by dynamic programming,
/// and listed along the non-zero counts only, so that listing costs no more than its result. Counting stops a little above <c>limit</c>.
/// </summary>
internal sealed class SizeChains(int[] steps, bool weak, long limit)
{
    private readonly Dictionary<(int Index, int Size, int Left), long> known = [];

    /// <summary>How many there are; with <c>weak</c>, the constant vector is not counted: at least one step must be a real one.</summary>
    public long Ways(int layers)
    {
        var ways = 0L;
        for (var size = 1; size <= layers && ways <= limit; size++)
            ways += After(0, size, layers - size);
        return weak && layers % (steps.Length + 1) == 0 ? ways - 1 : ways;
    }

    /// <summary>All of them in lexicographic order.</summary>
    public List<LayerGrouping> List(int layers)
    {
        var found = new List<LayerGrouping>();
        var sizes = new int[steps.Length + 1];
        for (var size = 1; size <= layers; size++)
            Extend(0, size, layers - size, sizes, found);
        return found;
    }

    private void Extend(int index, int size, int rest, int[] sizes, List<LayerGrouping> found)
    {
        if (After(index, size, rest) == 0)
            return;
        sizes[index] = size;
        if (index == steps.Length)
        {
            if (!weak || sizes.AsSpan().ContainsAnyExcept(sizes[0]))
                found.Add(new LayerGrouping(ValueList.Create<int>(sizes)));
            return;
        }
        var (low, high) = Next(index, size, rest);
        for (var next = low; next <= high; next++)
            Extend(index + 1, next, rest - next, sizes, found);
    }

    /// <summary>In how many ways the sizes behind <paramref name="index"/> can add up to <paramref name="rest"/>.</summary>
    private long After(int index, int size, int rest)
    {
        if (index == steps.Length)
            return rest == 0 ? 1 : 0;
        if (rest < steps.Length - index)
            return 0;
        if (known.TryGetValue((index, size, rest), out var ways))
            return ways;
        var (low, high) = Next(index, size, rest);
        for (var next = low; next <= high && ways <= limit; next++)
            ways += After(index + 1, next, rest - next);
        known[(index, size, rest)] = ways;
        return ways;
    }

    private (int Low, int High) Next(int index, int size, int rest) => steps[index] switch
    {
        0 => (size, Math.Min(size, rest)),
        > 0 => (weak ? size : size + 1, rest),
        _ => (1, Math.Min(weak ? size : size - 1, rest)),
    };
}
