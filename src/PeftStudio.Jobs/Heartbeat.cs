using Microsoft.Extensions.Logging;
using Npgsql;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>
/// The worker's pulse: a thread of its own with a connection of its own, so that neither libtorch nor a starved thread pool makes a live worker look
/// dead. It carries the running attempt's progress out and the cancel flag in.
/// </summary>
internal sealed class Heartbeat : IDisposable
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

    /// <summary>An attempt that runs: collects its progress, and its token ends when the database or the process says so.</summary>
    internal sealed class RunningAttempt : IProgress<TrialProgress>, IDisposable
    {
        private readonly Heartbeat heartbeat;
        private readonly int studyId;
        private readonly long trialId;
        private readonly int attempt;
        private readonly CancellationTokenSource source;
        private readonly Lock gate = new();
        private readonly List<BeatPoint> points = [];
        private readonly List<string> lines = [];
        private readonly ManualResetEventSlim told = new();
        private TrialProgress last = new(0, 0, 0);
        private bool underway;
        private bool disposed;

        internal RunningAttempt(Heartbeat heartbeat, int studyId, long trialId, int attempt, CancellationToken stopping)
        {
            this.heartbeat = heartbeat;
            this.studyId = studyId;
            this.trialId = trialId;
            this.attempt = attempt;
            source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        }

        /// <summary>Cancelled by a person, superseded, or the worker stops.</summary>
        public CancellationToken Token => source.Token;

        /// <summary>The database's last word.</summary>
        public BeatAnswer Answer { get; private set; }

        public void Report(TrialProgress value)
        {
            lock (gate)
            {
                last = value;
                if (value.Finished is { } point)
                    points.Add(new(point.Epoch, point.Loss, point.Decision.Score));
                if (value.Line is { } line)
                    lines.Add(line);
            }
            if (value.Finished is not null)
                Faults.Reach(FaultPoint.InsideEpoch);
        }

        /// <summary>Waits until the database has every point and line that was reported; a trial may be over before its first beat. Gives up on a database that does not answer.</summary>
        public void Flush()
        {
            lock (gate)
            {
                if (!underway && points.Count == 0 && lines.Count == 0)
                    return;
                told.Reset();
            }
            heartbeat.wake.Set();
            if (!told.Wait(FlushPatience))
                heartbeat.log.LogWarning("the last lines of trial {Trial} did not reach the database", trialId);
        }

        public void Dispose()
        {
            heartbeat.End(this);
            lock (gate)
            {
                disposed = true;
                source.Dispose();
                told.Dispose();
            }
        }

        internal Beat Take()
        {
            lock (gate)
            {
                underway = true;
                var beat = new Beat("", studyId, trialId, attempt, last.Epoch, last.Step, last.Steps, [.. points], [.. lines]);
                points.Clear();
                lines.Clear();
                return beat;
            }
        }

        internal void Sent()
        {
            lock (gate)
            {
                underway = false;
                if (points.Count == 0 && lines.Count == 0 && !disposed)
                    told.Set();
            }
        }

        internal void GiveBack(Beat beat)
        {
            lock (gate)
            {
                underway = false;
                points.InsertRange(0, beat.Points);
                lines.InsertRange(0, beat.Lines);
            }
        }

        internal void Hear(BeatAnswer answer)
        {
            if (answer is BeatAnswer.GoOn || Answer is not BeatAnswer.GoOn)
                return;
            Answer = answer;
            heartbeat.CancelSoon(this, source);
        }
    }

    /// <summary>The token's callbacks are the trial's code: they must not run on this thread.</summary>
    private void CancelSoon(RunningAttempt running, CancellationTokenSource source) => ThreadPool.QueueUserWorkItem(_ =>
    {
        lock (gate)
            if (current == running)
                source.Cancel();
    });
}
