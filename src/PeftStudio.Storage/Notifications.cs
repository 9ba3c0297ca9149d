using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace PeftStudio.Storage;

/// <summary>
/// Listens to the database and wakes subscribers. A message carries no data: the subscriber reads. After a lost connection everyone is woken,
/// because what was said meanwhile is gone.
/// </summary>
public sealed class Notifications(StudioDatabase database, TimeProvider time, ILogger<Notifications> log)
{
    public const string Channel = "peftstudio";

    private readonly ConcurrentDictionary<long, Action<int?>> subscribers = new();
    private long last;

    /// <summary>
    /// <paramref name="wake"/> gets the id of the study that changed, 0 where workers or the queue did, and null where anything may have. It is
    /// called on the listening thread: it must return at once and not throw.
    /// </summary>
    public IDisposable Subscribe(Action<int?> wake)
    {
        var id = Interlocked.Increment(ref last);
        subscribers[id] = wake;
        return new Subscription(this, id);
    }

    /// <summary>Listens until cancelled; reconnects with back-off.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, message) => Wake(int.TryParse(message.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null);
                await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(cancellationToken);
                failures = 0;
                Wake(null);
                while (true)
                    await connection.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                failures++;
                log.LogWarning(error, "lost the notifications of the database; connecting again (failure {Failures})", failures);
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(Math.Min(failures, 10)), time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private void Wake(int? studyId)
    {
        foreach (var wake in subscribers.Values)
            wake(studyId);
    }

    private sealed class Subscription(Notifications feed, long id) : IDisposable
    {
        public void Dispose() => feed.subscribers.TryRemove(id, out _);
    }
}
