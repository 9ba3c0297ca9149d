using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace PeftStudio.Storage;

/// <summary>The one door to PostgreSQL: contexts to read with, and transactions that are tried again while the database is away.</summary>
public sealed class StudioDatabase : IAsyncDisposable
{
    public const string MigrationsAssembly = "PeftStudio.Migrations";

    /// <summary>A process that is frozen or cut off in the middle of a transaction must not keep its locks: the server ends its session.</summary>
    private const string SessionOptions =
        "-c idle_in_transaction_session_timeout=10s -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly NpgsqlDataSource source;
    private readonly DbContextOptions<StudioContext> options;
    private readonly TimeProvider time;

    public StudioDatabase(string connectionString, TimeProvider time)
    {
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Options = SessionOptions }.ConnectionString;
        this.time = time;
        source = NpgsqlDataSource.Create(ConnectionString);
        options = Options(source);
    }

    public string ConnectionString { get; }

    /// <summary>For what lives outside EF: LISTEN, heartbeats, advisory locks.</summary>
    public NpgsqlDataSource Source => source;

    public StudioContext Open() => new(options);

    public static DbContextOptions<StudioContext> Options(NpgsqlDataSource source) =>
        new DbContextOptionsBuilder<StudioContext>()
            .UseNpgsql(source, npgsql => npgsql.MigrationsAssembly(MigrationsAssembly))
            .ConfigureWarnings(warnings => warnings.Ignore(CoreEventId.RowLimitingOperationWithoutOrderByWarning))
            .Options;

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction and commits. Where the connection is lost, two transactions block each other or a row
    /// changed meanwhile, it runs again from the start with a new context; so it must read what it decides on inside, and be harmless twice:
    /// a client may not learn whether its COMMIT happened.
    /// </summary>
    /// <param name="patience">how long a database that is away is waited for.</param>
    public async Task<T> WriteAsync<T>(Func<StudioContext, Task<T>> work, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var context = Open();
                await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
                var result = await work(context);
                await context.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return result;
            }
            catch (Exception error) when (MayPass(error) && time.GetElapsedTime(began) < patience)
            {
                var wait = TimeSpan.FromMilliseconds(Math.Min(50 * Math.Pow(2, tried), LongestWait.TotalMilliseconds));
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    /// <summary>The same with the patience of a page: some seconds.</summary>
    public Task<T> WriteAsync<T>(Func<StudioContext, Task<T>> work, CancellationToken cancellationToken) =>
        WriteAsync(work, TimeSpan.FromSeconds(5), cancellationToken);

    /// <summary>Whether the same statement may work a moment later: the connection broke, a deadlock, a changed row, a server that restarts.</summary>
    public static bool MayPass(Exception error) => error switch
    {
        DbUpdateConcurrencyException => true,
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => true,
        NpgsqlException npgsql => npgsql.IsTransient || npgsql.InnerException is IOException or TimeoutException,
        DbUpdateException or InvalidOperationException => error.InnerException is { } inner && MayPass(inner),
        _ => false,
    };

    /// <summary>Whether the database, or the way to it, is what failed; what reads may show its last view and try again.</summary>
    public static bool IsDatabase(Exception error) =>
        error is NpgsqlException or TimeoutException or DbUpdateException or System.Net.Sockets.SocketException
        || (error is InvalidOperationException or RetryLimitExceededException && error.InnerException is { } inner && IsDatabase(inner));

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
