using System.Text.Json;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Search;

namespace PeftStudio.Formats.Hub;

/// <summary>
/// What the hub says of a revision: its commit and its files, read from the answer to <c>/api/models/NAME/revision/REVISION?blobs=true</c>
/// (https://huggingface.co/docs/hub/api). Which of the files make a backbone is decided here; pickles are never among them.
/// </summary>
public sealed record HubListing(string Commit, ValueList<HubFile> Files)
{
    private static readonly string[] TokenizerNames =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model"];

    /// <exception cref="InvalidDataException">No JSON, or not the hub's.</exception>
    public static HubListing Read(ReadOnlyMemory<byte> json)
    {
        var fields = JsonFields.Parse("the hub's answer", json);
        var commit = fields.String("sha");
        if (commit.Length is < 7 or > 64 || !commit.All(char.IsAsciiHexDigit))
            throw fields.Wrong("sha", "is no commit");
        return new(commit, fields.Objects("siblings").Select(FileOf).ToValueList());
    }

    public HubFile Config => Find("config.json")
        ?? throw new InvalidDataException("the repository has no config.json: it is no model in the Hugging Face layout");

    /// <summary>The index of a checkpoint in shards; null where the checkpoint is one file.</summary>
    /// <exception cref="InvalidDataException">The repository has no safetensors; the message says what it has instead.</exception>
    public HubFile? Index
    {
        get
        {
            if (Find(SafetensorsCheckpoint.SingleName) is not null)
                return null;
            if (Find(SafetensorsCheckpoint.IndexName) is { } index)
                return index;
            var pickle = Files.Select(file => file.Name).Where(PickleFiles.HasPickleExtension).Order(StringComparer.Ordinal).FirstOrDefault();
            throw new InvalidDataException(pickle is null
                ? $"the repository has neither {SafetensorsCheckpoint.SingleName} nor {SafetensorsCheckpoint.IndexName}"
                : $"the repository has its weights as pickles alone ({Printable(pickle)}), which can run code when read; no {SafetensorsCheckpoint.SingleName} is there. "
                    + "Try a revision that has one (the hub's converter proposes it as refs/pr/N), or convert the weights where you trust them and upload the folder");
        }
    }

    /// <summary>Everything that a backbone's folder shall hold, small files first.</summary>
    /// <param name="shards">the names in the index; null for a checkpoint of one file</param>
    /// <exception cref="InvalidDataException">A file that is needed is not in the repository.</exception>
    public ValueList<HubFile> Backbone(IReadOnlyCollection<string>? shards)
    {
        var tokenizer = TokenizerNames.Select(Find).OfType<HubFile>().ToList();
        if (!tokenizer.Exists(file => file.Name is "tokenizer.json" or "vocab.txt" or "merges.txt" or "spiece.model"))
            throw new InvalidDataException("the repository has no tokenizer: tokenizer.json, or vocab.txt, or vocab.json and merges.txt is wanted");
        // A repository may have as many files as its index names.
        var byName = Files.DistinctBy(file => file.Name, StringComparer.Ordinal).ToDictionary(file => file.Name, StringComparer.Ordinal);
        var weights = shards is null ? [SafetensorsCheckpoint.SingleName] : shards.Order(StringComparer.Ordinal).Select(Shard).Prepend(SafetensorsCheckpoint.IndexName);
        return [Config, .. tokenizer, .. weights.Select(name => byName.GetValueOrDefault(name)
            ?? throw new InvalidDataException($"{SafetensorsCheckpoint.IndexName} names '{Printable(name)}', and the repository does not have it"))];
    }

    // A shard's name comes from a file of the repository; a path in it is refused, also one that SafePath would take.
    private static string Shard(string name) => name.Contains('/', StringComparison.Ordinal) || !name.EndsWith(".safetensors", StringComparison.Ordinal)
        ? throw new InvalidDataException($"{SafetensorsCheckpoint.IndexName} names '{Printable(name)}', which is no safetensors file beside it")
        : name;

    private HubFile? Find(string name) => Files.FirstOrDefault(file => string.Equals(file.Name, name, StringComparison.Ordinal));

    private static HubFile FileOf(JsonFields file)
    {
        var large = file.ObjectOrNull("lfs");
        var sha256 = large?.StringOrNull("sha256") ?? large?.StringOrNull("oid");
        return new(file.String("rfilename"), Size(file) ?? (large is { } lfs ? Size(lfs) : null), Digest(sha256, 64), large is null ? Digest(file.StringOrNull("blobId"), 40) : null);
    }

    private static string? Digest(string? text, int letters) => text?.Length == letters && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;

    private static long? Size(JsonFields fields) =>
        fields.Element.TryGetProperty("size", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var bytes) && bytes >= 0 ? bytes : null;

    private static string Printable(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));
}
