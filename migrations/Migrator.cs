using Microsoft.EntityFrameworkCore;
using Npgsql;
using PeftStudio.Storage;

namespace PeftStudio.Migrations;

/// <summary>Brings a database to this version's schema.</summary>
public static class Migrator
{
    /// <summary>"peft" in ASCII: the advisory lock that keeps two starting processes from migrating at once.</summary>
    private const long Lock = 0x70656674;

    public static async Task MigrateAsync(StudioDatabase database, CancellationToken cancellationToken)
    {
        await using var holder = await database.Source.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(holder, "select pg_advisory_lock($1)", cancellationToken);
        try
        {
            await using var context = database.Open();
            await RefuseNewerAsync(context, cancellationToken);
            await context.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await ExecuteAsync(holder, "select pg_advisory_unlock($1)", CancellationToken.None);
        }
    }

    /// <summary>An old program on a new schema would be half right.</summary>
    private static async Task RefuseNewerAsync(StudioContext context, CancellationToken cancellationToken)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new InvalidOperationException($"the database was migrated by a newer PeftStudio (migration {unknown}); update this installation, or use another database");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(Lock);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
