using Microsoft.EntityFrameworkCore;
using PeftStudio.Migrations;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Tests;

public sealed class MigratorTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Processes_that_start_together_migrate_once()
    {
        await using var studio = new StudioDatabase(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.MigrateAsync(studio, None)));
        await using var context = studio.Open();
        (await context.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
        context.Database.HasPendingModelChanges().ShouldBeFalse("the model has changed: migrations/add NAME");
    }

    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await using var studio = new StudioDatabase(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(studio, None);
        await using var context = studio.Open();
        await context.Database.ExecuteSqlAsync($"""insert into "__EFMigrationsHistory" values ('99990101000000_Later', '11.0.0')""");
        (await Should.ThrowAsync<InvalidOperationException>(() => Migrator.MigrateAsync(studio, None))).Message.ShouldContain("99990101000000_Later");
    }

    [Fact]
    public async Task The_history_can_only_grow()
    {
        await using var studio = new StudioDatabase(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(studio, None);
        await using var context = studio.Open();
        context.Add(new StudioEvent(EventKind.Log, "once"));
        await context.SaveChangesAsync();
        (await Should.ThrowAsync<Npgsql.PostgresException>(() => context.Events.ExecuteDeleteAsync())).MessageText.ShouldContain("append-only");
        (await Should.ThrowAsync<Npgsql.PostgresException>(() => context.Events.ExecuteUpdateAsync(set => set.SetProperty(line => line.Text, "twice")))).MessageText.ShouldContain("append-only");
        (await context.Events.SingleAsync()).At.ShouldBeGreaterThan(DateTimeOffset.UnixEpoch.AddYears(50));
    }
}
