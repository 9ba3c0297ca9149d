namespace PeftStudio.Formats.Tokenizers;

/// <summary>Tokens and their ids, each id once.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<int, string> tokens;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    /// <param name="file">named in the error</param>
    /// <param name="ids">an id for each token</param>
    public Vocabulary(string file, Dictionary<string, int> ids)
    {
        if (ids.Count == 0)
            throw new InvalidDataException($"{file}: the vocabulary is empty");
        tokens = new Dictionary<int, string>(ids.Count);
        foreach (var (token, id) in ids)
            if (id < 0)
                throw new InvalidDataException($"{file}: the token '{BoundedText.Of(token)}' has the id {id}");
            else if (!tokens.TryAdd(id, token))
                throw new InvalidDataException($"{file}: the tokens '{BoundedText.Of(tokens[id])}' and '{BoundedText.Of(token)}' have one id, {id}");
        (File, this.ids) = (file, ids);
        bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string File { get; }

    public IEnumerable<KeyValuePair<string, int>> Entries => ids;

    public bool TryGet(ReadOnlySpan<char> token, out int id) => bySpan.TryGetValue(token, out id);

    public int? Find(string token) => ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>Null where no token has this id.</summary>
    public string? TokenOf(int id) => tokens.GetValueOrDefault(id);

    public int Require(string token, string what) =>
        Find(token) ?? throw new InvalidDataException($"{File}: has no '{BoundedText.Of(token)}', which is the {what}");

    public void AddTo(CanonicalHash hash)
    {
        hash.Add(ids.Count);
        foreach (var (token, id) in ids.OrderBy(e => e.Value))
        {
            hash.Add(id);
            hash.Add(token);
        }
    }
}
