using System.Globalization;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>BERT's words and pieces: split at white space and around punctuation, then the longest piece first; a word with a part that no piece covers is unknown.</summary>
internal sealed class WordPieceModel : ISubwordModel
{
    private readonly Vocabulary vocabulary;
    private readonly BertNormalizer? normalizer;
    private readonly int unknown;
    private readonly string prefix;
    private readonly int maxCharsPerWord;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> continuations;
    private readonly WordCache cache = new();

    public WordPieceModel(Vocabulary vocabulary, BertNormalizer? normalizer, string unknownToken, string prefix = "##", int maxCharsPerWord = 100)
    {
        (this.vocabulary, this.normalizer, this.prefix, this.maxCharsPerWord) = (vocabulary, normalizer, prefix, maxCharsPerWord);
        unknown = vocabulary.Require(unknownToken, "unknown token");
        var rest = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in vocabulary.Entries)
            if (token.Length > prefix.Length && token.StartsWith(prefix, StringComparison.Ordinal))
                rest.Add(token[prefix.Length..], id);
        continuations = rest.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool Normalizes => normalizer is not null;

    public string Normalize(string text) => normalizer?.Normalize(text) ?? text;

    public IEnumerable<KeyValuePair<string, int>> Tokens => vocabulary.Entries;

    public int? Unknown => unknown;

    public int? Find(string token) => vocabulary.Find(token);

    public void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        var start = 0;
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out var rune, out var length);
            var space = Rune.IsWhiteSpace(rune);
            if (space || IsPunctuation(rune))
            {
                AppendWord(text[start..i], ids);
                if (!space)
                    AppendWord(text.Slice(i, length), ids);
                start = i + length;
            }
            i += length;
        }
        AppendWord(text[start..], ids);
    }

    public void AddTo(CanonicalHash hash)
    {
        hash.Add("WordPiece");
        hash.Add(unknown);
        hash.Add(prefix);
        hash.Add(maxCharsPerWord);
        hash.Add(normalizer is { CleanText: true });
        hash.Add(normalizer is { HandleChineseChars: true });
        hash.Add(normalizer is { StripAccents: true });
        hash.Add(normalizer is { Lowercase: true });
        vocabulary.AddTo(hash);
    }

    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.IsEmpty)
            return;
        if (!cache.TryGet(word, out var pieces))
        {
            pieces = Pieces(word);
            cache.Add(word, pieces);
        }
        ids.AddRange(pieces);
    }

    private int[] Pieces(ReadOnlySpan<char> word)
    {
        if (word.Length > maxCharsPerWord && CountRunes(word) > maxCharsPerWord)
            return [unknown];
        var pieces = new List<int>();
        for (var start = 0; start < word.Length;)
        {
            var end = word.Length;
            var id = 0;
            // A cut inside a surrogate pair finds nothing: no token holds half of one.
            while (end > start && !(start == 0 ? vocabulary.TryGet(word[..end], out id) : continuations.TryGetValue(word[start..end], out id)))
                end--;
            if (end == start)
                return [unknown];
            pieces.Add(id);
            start = end;
        }
        return [.. pieces];
    }

    private static int CountRunes(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
