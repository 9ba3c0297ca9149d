namespace PeftStudio.Formats.Metrics;

/// <summary>How often each run of n words stands in a text; words hold no white space.</summary>
internal sealed class NGrams
{
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    public NGrams(string[] words, int n)
    {
        for (var start = 0; start + n <= words.Length; start++)
        {
            var run = string.Join(' ', words, start, n);
            counts[run] = counts.GetValueOrDefault(run) + 1;
        }
        Total = Math.Max(0, words.Length - n + 1);
    }

    public int Total { get; }

    /// <summary>Each run as often as both texts have it.</summary>
    public int Shared(NGrams other) => counts.Sum(entry => Math.Min(entry.Value, other.counts.GetValueOrDefault(entry.Key)));

    /// <summary>Keeps of each run the larger count, as BLEU does over several references.</summary>
    public void Join(NGrams other)
    {
        foreach (var (run, count) in other.counts)
            counts[run] = Math.Max(count, counts.GetValueOrDefault(run));
    }
}
