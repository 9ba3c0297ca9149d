using System.Net.Http.Headers;

namespace PeftStudio.Web.Fetching;

/// <summary>What has come of a file, beside its place, and the validator that says whether the rest still belongs to it.</summary>
internal sealed class PartialFile(string place)
{
    public const string Ending = ".part";
    public const string ValidatorEnding = ".etag";

    private readonly string validator = place + ValidatorEnding;

    public string Path { get; } = place + Ending;

    /// <summary>A strong one; null where the other side gave none. Weak ones say nothing about bytes (RFC 9110, 13.1.5).</summary>
    public EntityTagHeaderValue? Validator =>
        File.Exists(validator) && EntityTagHeaderValue.TryParse(File.ReadAllText(validator), out var tag) && !tag.IsWeak ? tag : null;

    /// <summary>Bytes to go on from. 0 where nothing would notice that the rest is another file's: neither a validator nor a checksum.</summary>
    public long Resumable(RemoteFile file)
    {
        var have = File.Exists(Path) ? new FileInfo(Path).Length : 0;
        return have > (file.Size ?? long.MaxValue) || (file.Checksum is null && Validator is null) ? 0 : have;
    }

    /// <summary>Starts anew. What had come goes before the validator is written: the other way round, a process that ends in between leaves old bytes under a new validator.</summary>
    public void Begin(EntityTagHeaderValue? tag)
    {
        File.Delete(Path);
        if (tag is { IsWeak: false })
            File.WriteAllText(validator, tag.ToString());
        else
            File.Delete(validator);
    }

    public void Complete()
    {
        File.Move(Path, place, overwrite: true);
        File.Delete(validator);
    }

    public void Delete()
    {
        File.Delete(Path);
        File.Delete(validator);
    }
}
