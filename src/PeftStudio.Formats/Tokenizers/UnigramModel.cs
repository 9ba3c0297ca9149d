using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// SentencePiece's unigram model, as T5 has it: every space becomes a mark at the front of the next word, and of all ways to cut a word into pieces the one
/// of the highest sum of scores wins (Kudo 2018, arXiv 1804.10959). Characters that no piece covers are unknown, and neighbours among them are one token.
/// </summary>
internal sealed class UnigramModel : ISubwordModel, IWritingModel
{
    public const char Mark = '\u2581';

    // SentencePiece's penalty: below the worst piece.
    private const double UnknownPenalty = 10;
    private const long MostCharacters = 16_000_000;

    private readonly Vocabulary vocabulary;
    private readonly double[] scores;
    private readonly int unknown;
    private readonly UnigramNormalizer normalizer;
    private readonly bool splitsWhiteSpace;
    private readonly bool prefixMark;
    private readonly PieceTrie trie = new();
    private readonly double unknownScore;
    private readonly WordCache cache = new();

    /// <param name="vocabulary">pieces, numbered from 0 without gaps</param>
    /// <param name="scores">log-probabilities by id</param>
    /// <param name="unknown">the id of the unknown token</param>
    /// <param name="normalizer">what comes before</param>
    /// <param name="splitsWhiteSpace">whether white space of any kind and length only divides words; else each space becomes a mark</param>
    /// <param name="prefixMark">whether a word, or where white space does not divide a text, gets a mark in front</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknown, UnigramNormalizer normalizer, bool splitsWhiteSpace, bool prefixMark)
    {
        (this.vocabulary, this.scores, this.unknown, this.normalizer) = (vocabulary, scores, unknown, normalizer);
        (this.splitsWhiteSpace, this.prefixMark) = (splitsWhiteSpace, prefixMark);
        if (vocabulary.Entries.Sum(e => (long)e.Key.Length) > MostCharacters)
            throw new InvalidDataException($"{vocabulary.File}: the vocabulary's pieces have more than {MostCharacters} characters, which no published one has");
        foreach (var (piece, id) in vocabulary.Entries)
            trie.Add(piece, id);
        unknownScore = scores.Min() - UnknownPenalty;
    }

    public bool Normalizes => true;

    public string Normalize(string text) => normalizer.Normalize(text);

    public IEnumerable<KeyValuePair<string, int>> Tokens => vocabulary.Entries;

    public int? Unknown => unknown;

    public int? Find(string token) => vocabulary.Find(token);

    public void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        if (!splitsWhiteSpace)
        {
            AppendMarked(text, ids);
            return;
        }
        while (!(text = text.TrimStart()).IsEmpty)
        {
            var end = 1;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            AppendMarked(text[..end], ids);
            text = text[end..];
        }
    }

    public string Text(IEnumerable<int> ids) => string.Concat(ids.Select(vocabulary.TokenOf)).Replace(Mark, ' ');

    public void AddTo(CanonicalHash hash)
    {
        hash.Add("Unigram");
        hash.Add(unknown);
        hash.Add(splitsWhiteSpace);
        hash.Add(prefixMark);
        normalizer.AddTo(hash);
        vocabulary.AddTo(hash);
        foreach (var score in scores)
            hash.Add(BitConverter.DoubleToInt64Bits(score));
    }

    private void AppendMarked(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.IsEmpty)
            return;
        var marked = string.Concat(prefixMark && text[0] is not (' ' or Mark) ? [Mark] : [], text).Replace(' ', Mark);
        for (var rest = marked.AsSpan(); !rest.IsEmpty;)
        {
            var next = rest[1..].IndexOf(Mark);
            var word = next < 0 ? rest : rest[..(next + 1)];
            if (!cache.TryGet(word, out var pieces))
            {
                pieces = Pieces(word);
                cache.Add(word, pieces);
            }
            ids.AddRange(pieces);
            rest = rest[word.Length..];
        }
    }

    /// <summary>Viterbi: the best path to each place, from left to right; of equal paths the one found first stays, as in the reference.</summary>
    private int[] Pieces(ReadOnlySpan<char> word)
    {
        var (best, from, last) = (new double[word.Length + 1], new int[word.Length + 1], new int[word.Length + 1]);
        Array.Fill(from, -1);
        for (var (start, width) = (0, 0); start < word.Length; start += width)
        {
            Rune.DecodeFromUtf16(word[start..], out _, out width);
            var (covered, node) = (false, PieceTrie.Root);
            for (var end = start; end < word.Length && trie.TryStep(ref node, word[end]); end++)
                if (trie.PieceAt(node) is >= 0 and var piece)
                {
                    Offer(start, end + 1, piece, scores[piece]);
                    covered |= end + 1 == start + width;
                }
            if (!covered)
                Offer(start, start + width, unknown, unknownScore);
        }
        var pieces = new List<int>();
        for (var end = word.Length; end > 0; end = from[end])
            if (last[end] != unknown || pieces.Count == 0 || pieces[^1] != unknown)
                pieces.Add(last[end]);
        pieces.Reverse();
        return [.. pieces];

        void Offer(int start, int end, int piece, double score)
        {
            if (from[end] >= 0 && best[start] + score <= best[end])
                return;
            (best[end], from[end], last[end]) = (best[start] + score, start, piece);
        }
    }
}
