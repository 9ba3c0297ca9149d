using Microsoft.Extensions.Logging;
using Npgsql;
using PeftStudio.Storage;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>
/// The worker's pulse: a thread of its own with a connection of its own, so that neither libtorch nor a starved thread pool makes a live worker look
/// dead. It carries the running attempt's progress out and the cancel flag in.
/// </summary>
internal sealed partial class Heartbeat : IDisposable
{
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(5);

    private readonly StudioDatabase database;
    private readonly string workerId;
    private readonly TimeSpan interval;
    private readonly ILogger<Heartbeat> log;
    private readonly Thread thread;
    private readonly AutoResetEvent wake = new(initialState: false);
    private readonly Lock gate = new();
    private volatile bool ending;
    private RunningAttempt? current;

    public Heartbeat(StudioDatabase database, string workerId, TimeSpan interval, ILogger<Heartbeat> log)
    {
        this.database = database;
        this.workerId = workerId;
        this.interval = interval;
        this.log = log;
        thread = new(Loop) { IsBackground = true, Name = "heartbeat", Priority = ThreadPriority.AboveNormal };
        thread.Start();
    }

    /// <summary>Beats for this attempt until the answer is disposed.</summary>
    public RunningAttempt Begin(int studyId, long trialId, int attempt, CancellationToken stopping)
    {
        var running = new RunningAttempt(this, studyId, trialId, attempt, stopping);
        lock (gate)
            current = running;
        wake.Set();
        return running;
    }

    public void Dispose()
    {
        ending = true;
        wake.Set();
        thread.Join(TimeSpan.FromSeconds(5));
        wake.Dispose();
    }

    private void End(RunningAttempt running)
    {
        lock (gate)
            if (current == running)
                current = null;
        wake.Set();
    }

    private void Loop()
    {
        NpgsqlConnection? connection = null;
        while (!ending)
        {
            RunningAttempt? running;
            lock (gate)
                running = current;
            var beat = running?.Take() ?? new Beat(workerId, null, null, 0, 0, 0, 0, [], []);
            try
            {
                connection ??= database.Source.OpenConnection();
                var answer = HeartbeatWrite.Send(connection, beat with { WorkerId = workerId });
                running?.Hear(answer);
                running?.Sent();
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
            {
                log.LogWarning(error, "a heartbeat did not reach the database; the next one tries again");
                running?.GiveBack(beat);
                connection?.Dispose();
                connection = null;
            }
            wake.WaitOne(interval);
        }
        connection?.Dispose();
    }

    /// <summary>The token's callbacks are the trial's code: they must not run on this thread.</summary>
    private void CancelSoon(RunningAttempt running, CancellationTokenSource source) => ThreadPool.QueueUserWorkItem(_ =>
    {
        lock (gate)
            if (current == running)
                source.Cancel();
    });
}
