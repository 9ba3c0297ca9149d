using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage;

/// <summary>adapter.safetensors and adapter.json of a completed trial.</summary>
public sealed record AdapterFiles(long TrialId, byte[] Safetensors, string Manifest);

/// <summary>The trained adapters, kept in the database because workers share no disk.</summary>
public static class AdapterStore
{
    /// <summary>Null where the trial kept none.</summary>
    /// <exception cref="InvalidDataException">the stored bytes do not match their hash.</exception>
    public static async Task<AdapterFiles?> ReadAsync(StudioContext context, long trialId, CancellationToken cancellationToken)
    {
        var stored = await context.Adapters.AsNoTracking().SingleOrDefaultAsync(adapter => adapter.TrialId == trialId, cancellationToken);
        if (stored is null)
            return null;
        if (Hash(stored.Content) != stored.Hash)
            throw new InvalidDataException($"the adapter of trial {trialId} is damaged in the database: its bytes do not match their sha256; restore the database from a backup or retry the trial's study");
        return new(trialId, stored.Content, stored.Manifest);
    }

    internal static StoredAdapter Make(long trialId, byte[] content, string manifest) => new(trialId, content, manifest, Hash(content));

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
