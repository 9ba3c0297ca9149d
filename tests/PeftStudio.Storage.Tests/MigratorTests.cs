using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using PeftStudio.Migrations;
using PeftStudio.Search.Studies;
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

    /// <summary>A studio that was brought up to date: what its results say of the dev rows is marked as it would be now.</summary>
    [Fact]
    public async Task A_constant_prediction_on_the_dev_rows_of_an_older_database_is_marked()
    {
        await using var studio = new StudioDatabase(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(studio, None);
        await using (var context = studio.Open())
        {
            var (_, trials) = await Seeds.SaveStudyAsync(context);
            foreach (var (trial, dev) in new[] { (trials[0], new RowsScore(0, [], true)), (trials[1], new RowsScore(50, [], false)), (trials[2], null) })
            {
                trial.Start(Seeds.Noon);
                trial.Complete(1, Seeds.Result(50) with { Dev = dev }, Seeds.Noon);
            }
            await context.SaveChangesAsync();
            await context.GetService<IMigrator>().MigrateAsync("20261121200823_Exports");
        }
        await Migrator.MigrateAsync(studio, None);

        await using var after = studio.Open();
        (await after.Trials.OrderBy(trial => trial.Id).Select(trial => trial.DevCollapsed).ToListAsync()).ShouldBe([true, .. Enumerable.Repeat(false, 7)]);
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
