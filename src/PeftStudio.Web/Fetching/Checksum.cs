using System.Security.Cryptography;
using System.Text;

namespace PeftStudio.Web.Fetching;

public enum ChecksumKind
{
    Sha256,

    /// <summary>git's name of a content: the sha1 of "blob LENGTH\0" and the bytes.</summary>
    GitBlob,
}

/// <summary>What the other side announced of a file's content, or what it turned out to be.</summary>
/// <param name="Kind">by which rule</param>
/// <param name="Value">lower-case hexadecimal</param>
public sealed record Checksum(ChecksumKind Kind, string Value)
{
    public static Checksum? Sha256(string? value) => value is null ? null : new(ChecksumKind.Sha256, value);

    public static Checksum? GitBlob(string? value) => value is null ? null : new(ChecksumKind.GitBlob, value);

    /// <summary>Of the kind, in messages.</summary>
    public string Name => Kind is ChecksumKind.Sha256 ? "sha256" : "git blob id";

    /// <summary>The same kind's of a file on the disk.</summary>
    public async Task<Checksum> OfAsync(string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        if (Kind is ChecksumKind.Sha256)
            return this with { Value = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel)) };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {file.Length}\0"));
        var buffer = new byte[128 * 1024];
        for (int read; (read = await file.ReadAsync(buffer, cancel)) > 0;)
            hash.AppendData(buffer, 0, read);
        return this with { Value = Convert.ToHexStringLower(hash.GetHashAndReset()) };
    }
}
