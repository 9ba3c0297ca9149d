using Microsoft.Extensions.Logging;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

internal sealed partial class Heartbeat
{
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
}
