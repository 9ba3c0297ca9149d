using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>GPT-2's and RoBERTa's byte-level byte-pair encoding: every byte has a printable stand-in, and pairs merge in the order of their ranks.</summary>
internal sealed class ByteLevelBpeModel : ISubwordModel, IWritingModel
{
    private readonly Vocabulary vocabulary;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> merges;
    private readonly int? unknown;
    private readonly bool addPrefixSpace;
    private readonly bool ignoreMerges;
    private readonly bool fusesUnknown;
    private readonly int[] idOfByte = new int[256];
    private readonly char[] standIn = StandIns();
    private readonly Dictionary<char, byte> byteOf = StandIns().Select((c, b) => (c, b)).ToDictionary(pair => pair.c, pair => (byte)pair.b);
    private readonly WordCache cache = new();

    /// <param name="vocabulary">tokens in stand-ins</param>
    /// <param name="merges">in the order of their ranks</param>
    /// <param name="mergesFile">named in the errors</param>
    /// <param name="unknownToken">for bytes that the vocabulary lacks; null: such bytes are left out</param>
    /// <param name="addPrefixSpace">whether a text gets a space in front</param>
    /// <param name="ignoreMerges">whether a word that is a token itself is taken whole</param>
    /// <param name="fusesUnknown">whether neighbours among a word's bytes that the vocabulary lacks are one unknown token</param>
    public ByteLevelBpeModel(
        Vocabulary vocabulary, IEnumerable<(string Left, string Right)> merges, string mergesFile, string? unknownToken, bool addPrefixSpace, bool ignoreMerges = false,
        bool fusesUnknown = false)
    {
        (this.vocabulary, this.addPrefixSpace, this.ignoreMerges) = (vocabulary, addPrefixSpace, ignoreMerges);
        unknown = unknownToken is null ? null : vocabulary.Require(unknownToken, "unknown token");
        this.merges = [];
        foreach (var (left, right) in merges)
        {
            int Id(string token) => vocabulary.Find(token)
                ?? throw new InvalidDataException($"{mergesFile}: the merge '{BoundedText.Of($"{left} {right}")}' (number {this.merges.Count}) needs '{BoundedText.Of(token)}', which the vocabulary lacks");
            // A repeated pair keeps its last rank in the reference; such files are damaged.
            if (!this.merges.TryAdd((Id(left), Id(right)), (this.merges.Count, Id(left + right))))
                throw new InvalidDataException($"{mergesFile}: the merge '{BoundedText.Of($"{left} {right}")}' stands there twice");
        }
        for (var b = 0; b < 256; b++)
            idOfByte[b] = vocabulary.Find(standIn[b].ToString()) ?? -1;
        // Where no byte is unknown the flag changes no id, and so not the hash.
        this.fusesUnknown = fusesUnknown && unknown is not null && idOfByte.Contains(-1);
    }

    public bool Normalizes => false;

    public string Normalize(string text) => text;

    public IEnumerable<KeyValuePair<string, int>> Tokens => vocabulary.Entries;

    public int? Unknown => unknown;

    public int? Find(string token) => vocabulary.Find(token);

    public void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.IsEmpty)
            return;
        if (addPrefixSpace && text[0] != ' ')
            text = $" {text}";
        while (!text.IsEmpty)
        {
            var length = ByteLevelWords.First(text);
            AppendWord(text[..length], ids);
            text = text[length..];
        }
    }

    /// <summary>Bytes that are no UTF-8, as a text broken off in a character has, become U+FFFD.</summary>
    public string Text(IEnumerable<int> ids) =>
        Encoding.UTF8.GetString([.. ids.SelectMany(id => vocabulary.TokenOf(id) ?? "").Where(byteOf.ContainsKey).Select(c => byteOf[c])]);

    public void AddTo(CanonicalHash hash)
    {
        hash.Add("ByteLevelBpe");
        hash.Add(unknown ?? -1);
        hash.Add(addPrefixSpace);
        hash.Add(ignoreMerges);
        if (fusesUnknown)
            hash.Add("fuse_unk");
        vocabulary.AddTo(hash);
        hash.Add(merges.Count);
        foreach (var ((left, right), _) in merges.OrderBy(m => m.Value.Rank))
        {
            hash.Add(left);
            hash.Add(right);
        }
    }

    private void AppendWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (!cache.TryGet(word, out var pieces))
        {
            pieces = Pieces(word);
            cache.Add(word, pieces);
        }
        ids.AddRange(pieces);
    }

    private int[] Pieces(ReadOnlySpan<char> word)
    {
        // Half a surrogate pair becomes U+FFFD, as no UTF-8 text can hold it.
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        if (ignoreMerges && vocabulary.Find(string.Create(bytes.Length, (bytes, standIn), static (span, s) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = s.standIn[s.bytes[i]];
            })) is { } whole)
            return [whole];
        var ids = new List<int>(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
            if (idOfByte[bytes[i]] >= 0)
                ids.Add(idOfByte[bytes[i]]);
            else if (unknown is { } id && !(fusesUnknown && i > 0 && idOfByte[bytes[i - 1]] < 0))
                ids.Add(id);
        return PairMerging.Merge(ids, merges);
    }

    /// <summary>Printable Latin-1 bytes stand for themselves, the 68 others for U+0100 and on, in order (bytes_to_unicode of GPT-2).</summary>
    private static char[] StandIns()
    {
        var (stand, next) = (new char[256], 256);
        for (var b = 0; b < 256; b++)
            stand[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        return stand;
    }
}
