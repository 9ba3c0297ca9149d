namespace PeftStudio.Formats.Tokenizers;

/// <summary>Byte-pair encoding of one word: the pair of lowest rank merges first, the leftmost of equals; n log n, so a long word is no trap.</summary>
internal static class PairMerging
{
    public static int[] Merge(List<int> symbols, Dictionary<(int Left, int Right), (int Rank, int Id)> merges)
    {
        var count = symbols.Count;
        if (count < 2)
            return [.. symbols];
        var (id, next, previous) = (symbols.ToArray(), new int[count], new int[count]);
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var i = 0; i < count; i++)
            (next[i], previous[i]) = (i + 1 < count ? i + 1 : -1, i - 1);
        for (var i = 0; i + 1 < count; i++)
            Enqueue(i);
        while (queue.TryDequeue(out var pair, out _))
        {
            var (at, right) = (pair.At, next[pair.At]);
            // Stale where either side has merged meanwhile.
            if (right < 0 || id[at] != pair.Left || id[right] != pair.Right)
                continue;
            id[at] = merges[(pair.Left, pair.Right)].Id;
            id[right] = -1;
            next[at] = next[right];
            if (next[at] >= 0)
                previous[next[at]] = at;
            Enqueue(at);
            if (previous[at] >= 0)
                Enqueue(previous[at]);
        }
        return [.. id.Where(i => i >= 0)];

        void Enqueue(int at)
        {
            if (next[at] >= 0 && merges.TryGetValue((id[at], id[next[at]]), out var merge))
                queue.Enqueue((at, id[at], id[next[at]]), (merge.Rank, at));
        }
    }
}
