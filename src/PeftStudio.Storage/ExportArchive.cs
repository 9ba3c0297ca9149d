using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage;

/// <summary>The archives of exports, kept in the database in chunks because workers share no disk; never whole in memory.</summary>
public static class ExportArchive
{
    /// <summary>The longest archive that is kept, in bytes: what a zip without 64-bit fields holds, and more than a database of studies should carry.</summary>
    public const long MostBytes = 4_000_000_000;

    private const int ChunkBytes = 4 << 20;

    /// <summary>Why an archive of this length is not kept, with the remedy; null: it is.</summary>
    public static string? Against(long bytes, ExportLayout layout) => bytes <= MostBytes ? null : FormattableString.Invariant(
        $"the files have {bytes / 1e9:0.00} GB, and the studio keeps {MostBytes / 1e9:0} GB of an export at most; download the adapter and write them to a folder: ./studio export --adapter DIR --backbone DIR --format {layout.ToString().ToLowerInvariant()} --output DIR");

    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    /// <summary>Writes a ready export's archive to <paramref name="to"/>. The last chunk is held back until the whole was seen to be undamaged: a reader that counts bytes takes no damaged file for a whole one.</summary>
    /// <exception cref="InvalidDataException">The stored bytes do not match their hash.</exception>
    public static async Task CopyAsync(StudioContext context, ExportKey key, string hash, Stream to, CancellationToken cancellationToken)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] last = [];
        for (var number = 0; await ReadAsync(context, key, number, cancellationToken) is { } chunk; number++)
        {
            await to.WriteAsync(last, cancellationToken);
            sum.AppendData(chunk);
            last = chunk;
        }
        if (Convert.ToHexStringLower(sum.GetHashAndReset()) != hash)
            throw new InvalidDataException($"the export {key} is damaged in the database, or was removed while it was read: its bytes do not match their sha256; remove it, and have it made again");
        await to.WriteAsync(last, cancellationToken);
    }

    /// <summary>In the caller's transaction.</summary>
    internal static async Task StoreAsync(StudioContext context, ExportKey key, string path, CancellationToken cancellationToken)
    {
        var layout = key.Layout.ToString();
        await using var file = File.OpenRead(path);
        for (var number = 0; file.Position < file.Length; number++)
        {
            var chunk = new byte[Math.Min(ChunkBytes, file.Length - file.Position)];
            await file.ReadExactlyAsync(chunk, cancellationToken);
            await context.Database.ExecuteSqlAsync($"insert into export_chunks (trial_id, layout, number, content) values ({key.TrialId}, {layout}, {number}, {chunk})", cancellationToken);
        }
    }

    /// <summary>In the caller's transaction. A download under way breaks off: what it still lacks is gone.</summary>
    public static Task RemoveAsync(StudioContext context, ExportKey key, CancellationToken cancellationToken) =>
        Chunks(context, key).ExecuteDeleteAsync(cancellationToken);

    private static Task<byte[]?> ReadAsync(StudioContext context, ExportKey key, int number, CancellationToken cancellationToken) =>
        Chunks(context, key).AsNoTracking().Where(chunk => chunk.Number == number).Select(chunk => chunk.Content).SingleOrDefaultAsync(cancellationToken);

    private static IQueryable<ExportChunk> Chunks(StudioContext context, ExportKey key) =>
        context.ExportChunks.Where(chunk => chunk.TrialId == key.TrialId && chunk.Layout == key.Layout);
}
