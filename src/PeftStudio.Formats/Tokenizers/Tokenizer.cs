using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>From texts to the ids that a backbone was pretrained with, equal to Hugging Face's tokenizers id by id. Safe to use from several threads.</summary>
public sealed class Tokenizer
{
    private readonly ISubwordModel model;
    private readonly AddedTokens raw;
    private readonly AddedTokens normalized;
    private readonly Template template;
    private readonly Dictionary<int, AddedToken> added;

    internal Tokenizer(ISubwordModel model, IReadOnlyCollection<AddedToken> added, Template template, int? padId)
    {
        (this.model, this.template, PadId) = (model, template, padId);
        this.added = added.DistinctBy(token => token.Id).ToDictionary(token => token.Id);
        raw = new AddedTokens(added.Where(t => !t.Normalized));
        // In a pass of their own also where nothing is normalised: what the first pass took they no longer find.
        normalized = new AddedTokens(added.Where(t => t.Normalized).Select(t => t with { Content = model.Normalize(t.Content) }));
        Hash = HashOf(added);
    }

    /// <summary>sha256, lower-case hexadecimal, over all that decides over ids: rules, vocabulary, merges, added tokens, template. The files' form plays no part.</summary>
    public string Hash { get; }

    /// <summary>Null where the vocabulary has no padding token.</summary>
    public int? PadId { get; }

    /// <summary>
    /// Reads tokenizer.json, or vocab.txt (BERT's WordPiece), or vocab.json and merges.txt (RoBERTa's and BART's byte-level BPE), or spiece.model (T5's unigram model);
    /// the folder need hold nothing else, and where its config.json names an architecture, that decides over the files.
    /// </summary>
    /// <exception cref="InvalidDataException">No tokenizer, a kind that is not supported, or a damaged file; named with file and key.</exception>
    public static Tokenizer FromFolder(string folder) => TokenizerFolder.Read(folder);

    /// <summary>Tokens with ids from a number on, by id. Spelled: a special one that only a text gives which spells it out.</summary>
    public IEnumerable<(string Content, int Id, bool Spelled)> TokensFrom(int first) => model.Tokens
        .Concat(added.Values.Select(token => KeyValuePair.Create(token.Content, token.Id)))
        .Where(token => token.Value >= first).DistinctBy(token => token.Value).OrderBy(token => token.Value)
        .Select(token => (token.Key, token.Value, added.TryGetValue(token.Value, out var own) && own.Special && token.Value != model.Unknown && !template.Has(token.Value)));

    /// <summary>How many special tokens a row gets.</summary>
    public int SpecialTokens(bool pair) => template.Added(pair);

    /// <param name="text">the first text</param>
    /// <param name="pair">the second text; null: there is none, which is not the same as an empty one</param>
    /// <param name="maxLength">most tokens, special ones counted: the longer text is cut first, at its end; null: no limit</param>
    public EncodedText Encode(string text, string? pair = null, int? maxLength = null)
    {
        var first = Ids(text);
        var second = pair is null ? null : Ids(pair);
        var (firstLength, secondLength) = (first.Count, second?.Count ?? 0);
        if (maxLength is { } limit)
        {
            var room = limit - template.Added(pair is not null);
            if (room < 0)
                throw new ArgumentOutOfRangeException(nameof(maxLength), limit, $"a row's special tokens alone are {limit - room}");
            (firstLength, secondLength) = second is null ? (Math.Min(firstLength, room), 0) : LongestFirst(firstLength, secondLength, room);
        }
        return template.Apply(first, second, firstLength, secondLength);
    }

    /// <summary>
    /// The text that a backbone wrote: special tokens are left out, and so is a space in front, by which a first word is marked. The reference's clean-up of spaces before
    /// punctuation is not made.
    /// </summary>
    /// <exception cref="NotSupportedException">The tokenizer is WordPiece, whose backbones write nothing.</exception>
    public string Decode(IReadOnlyList<int> ids)
    {
        if (model is not IWritingModel writing)
            throw new NotSupportedException("a WordPiece tokenizer puts no text together: its backbones do not write");
        var text = new StringBuilder();
        for (var at = 0; at < ids.Count;)
        {
            if (added.TryGetValue(ids[at], out var token))
            {
                text.Append(token.Special ? "" : token.Content);
                at++;
                continue;
            }
            var run = ids.Skip(at).TakeWhile(id => !added.ContainsKey(id)).ToArray();
            text.Append(writing.Text(run));
            at += run.Length;
        }
        return text.ToString().TrimStart(' ');
    }

    /// <summary>The lengths that remain; the reference cuts both to halves, the longer one getting the odd token, where even the shorter text is too long.</summary>
    internal static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        if (first + second <= room)
            return (first, second);
        var (shorter, longer) = (Math.Min(first, second), Math.Max(first, second));
        longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
            (shorter, longer) = (room / 2, (room / 2) + (room % 2));
        return first > second ? (longer, shorter) : (shorter, longer);
    }

    private List<int> Ids(string text)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        foreach (var (range, id) in raw.Split(text))
            if (id is { } token)
                ids.Add(token);
            else
                AppendText(text[range], ids);
        return ids;
    }

    private void AppendText(string text, List<int> ids)
    {
        var normal = model.Normalize(text);
        foreach (var (range, id) in normalized.Split(normal))
            if (id is { } token)
                ids.Add(token);
            else
                model.Append(normal.AsSpan()[range], ids);
    }

    private string HashOf(IReadOnlyCollection<AddedToken> added)
    {
        // Which pass finds a token plays no part where the passes cannot dispute it.
        var passesMatter = model.Normalizes || (added.Any(t => t.Normalized) && added.Any(t => !t.Normalized) && !AddedTokens.StandApart(added));
        using var hash = new CanonicalHash();
        model.AddTo(hash);
        foreach (var token in added.OrderBy(t => t.Id).ThenBy(t => t.Content, StringComparer.Ordinal))
        {
            hash.Add(token.Id);
            hash.Add(token.Content);
            hash.Add(token.SingleWord);
            hash.Add(token.LeftStrip);
            hash.Add(token.RightStrip);
            hash.Add(token.Normalized && passesMatter);
        }
        template.AddTo(hash);
        return hash.Finish();
    }
}
