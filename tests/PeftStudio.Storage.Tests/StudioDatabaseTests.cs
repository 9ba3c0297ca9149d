using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace PeftStudio.Storage.Tests;

public sealed class StudioDatabaseTests(Database database) : IClassFixture<Database>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_write_whose_connection_breaks_is_done_again_and_counts_once()
    {
        var tries = 0;
        var id = await database.Studio.WriteAsync(async context =>
        {
            var study = Seeds.Study("broken line");
            context.Add(study);
            await context.SaveChangesAsync();
            if (tries++ == 0)
                await BreakAsync(context);
            return study.Id;
        }, None);
        tries.ShouldBe(2);
        await using var page = database.Studio.Open();
        (await page.Studies.Where(study => study.Name == "broken line").Select(study => study.Id).ToListAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task An_error_of_the_caller_is_not_repeated()
    {
        var tries = 0;
        await Should.ThrowAsync<ArgumentException>(() => database.Studio.WriteAsync<int>(_ =>
        {
            tries++;
            throw new ArgumentException("no such thing");
        }, None));
        tries.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_people_who_edit_one_row_the_second_is_told()
    {
        await using var context = database.Studio.Open();
        var (study, _) = await Seeds.SaveStudyAsync(context, "edited");
        await using var first = database.Studio.Open();
        await using var second = database.Studio.Open();
        (await first.Studies.SingleAsync(row => row.Id == study.Id)).Stop("first");
        (await second.Studies.SingleAsync(row => row.Id == study.Id)).Stop("second");
        await first.SaveChangesAsync();
        await Should.ThrowAsync<DbUpdateConcurrencyException>(() => second.SaveChangesAsync());
    }

    [Fact]
    public async Task Subscribers_are_woken_at_commit_and_after_a_lost_connection()
    {
        using var stop = new CancellationTokenSource();
        var notifications = new Notifications(database.Studio, TimeProvider.System, NullLogger<Notifications>.Instance);
        var heard = new BlockingCollection<int?>();
        using var subscription = notifications.Subscribe(heard.Add);
        var listening = notifications.RunAsync(stop.Token);
        Next(heard).ShouldBeNull();

        await using (var context = database.Studio.Open())
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            await context.NotifyAsync(41, None);
            heard.TryTake(out _, TimeSpan.FromMilliseconds(200)).ShouldBeFalse();
            await transaction.CommitAsync();
        }
        Next(heard).ShouldBe(41);

        await using (var context = database.Studio.Open())
        {
            await context.Database.ExecuteSqlAsync($"select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen peftstudio' and datname = current_database()");
            Next(heard).ShouldBeNull();
            await context.NotifyAsync(null, None);
        }
        Next(heard).ShouldBe(0);
        subscription.Dispose();
        await stop.CancelAsync();
        await listening;
    }

    [Fact]
    public async Task A_damaged_adapter_is_named_and_not_handed_out()
    {
        await using var context = database.Studio.Open();
        var (_, trials) = await Seeds.SaveStudyAsync(context, "adapter");
        context.Add(new Rows.StoredAdapter(trials[0].Id, [1, 2, 3], "{}", "0000"));
        await context.SaveChangesAsync();
        (await AdapterStore.ReadAsync(context, trials[1].Id, None)).ShouldBeNull();
        (await Should.ThrowAsync<InvalidDataException>(() => AdapterStore.ReadAsync(context, trials[0].Id, None))).Message.ShouldContain($"the adapter of trial {trials[0].Id} is damaged");
    }

    private static int? Next(BlockingCollection<int?> heard) => heard.TryTake(out var id, TimeSpan.FromSeconds(20)) ? id : throw new TimeoutException("nobody was woken");

    /// <summary>Ends the session of the context that asks, as a network or a restart would.</summary>
    private static async Task BreakAsync(StudioContext context)
    {
        try
        {
            await context.Database.ExecuteSqlAsync($"select pg_terminate_backend(pg_backend_pid())");
        }
        catch (Npgsql.NpgsqlException)
        {
            // The next statement on this context fails, which is what the test is about.
        }
    }
}
