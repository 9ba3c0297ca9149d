using System.Collections.Concurrent;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>The ids of words seen before. Bounded: text repeats its frequent words, and a stream of rare ones must not fill the memory.</summary>
internal sealed class WordCache
{
    private const int MaxWords = 1 << 16;
    private const int MaxLength = 48;

    private readonly ConcurrentDictionary<string, int[]> words = new(StringComparer.Ordinal);
    private int count;

    public bool TryGet(ReadOnlySpan<char> word, out int[] ids) =>
        words.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out ids!);

    public void Add(ReadOnlySpan<char> word, int[] ids)
    {
        if (word.Length <= MaxLength && count < MaxWords && words.TryAdd(word.ToString(), ids))
            Interlocked.Increment(ref count);
    }
}
