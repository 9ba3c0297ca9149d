namespace PeftStudio.Storage.Rows;

/// <summary>The trained parameters and head of one completed trial.</summary>
public sealed class StoredAdapter(long trialId, byte[] content, string manifest, string hash)
{
    public long TrialId { get; private set; } = trialId;

    /// <summary>adapter.safetensors.</summary>
    public byte[] Content { get; private set; } = content;

    /// <summary>adapter.json.</summary>
    public string Manifest { get; private set; } = manifest;

    /// <summary>sha256 of <see cref="Content"/>, lower-case hexadecimal.</summary>
    public string Hash { get; private set; } = hash;

    public int Length { get; private set; } = content.Length;
}
