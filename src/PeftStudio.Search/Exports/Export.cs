using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Exports;

public enum ExportState
{
    Waiting,
    Running,

    /// <summary>Its files were loaded again and compared, and are stored.</summary>
    Ready,

    /// <summary>The layout cannot carry the adapter, or the studio cannot keep the files: the same comes again.</summary>
    Refused,

    /// <summary>It could not be made, for a reason that may pass.</summary>
    Failed,

    /// <summary>It was ready; a person removed the files. They can be made again.</summary>
    Removed,
}

/// <summary>
/// A trial's adapter in another project's layout, as it was asked for and as far as a worker is with it. Attempts are numbered; the number fences: whatever
/// writes with an older one is refused.
/// </summary>
public sealed class Export
{
    public const int MostTries = 3;

    public Export(long trialId, ExportLayout layout, string askedBy, DateTimeOffset askedAt)
    {
        TrialId = trialId;
        Layout = layout;
        AskedBy = askedBy;
        AskedAt = askedAt;
    }

    public long TrialId { get; private set; }

    public ExportLayout Layout { get; private set; }

    public string AskedBy { get; private set; }

    public DateTimeOffset AskedAt { get; private set; }

    public ExportState State { get; private set; } = ExportState.Waiting;

    /// <summary>The number of the newest attempt; 0 before the first. It never falls.</summary>
    public int Attempt { get; private set; }

    /// <summary>Attempts since it was asked for last.</summary>
    public int Tries { get; private set; }

    /// <summary>Of the newest attempt.</summary>
    public string? WorkerId { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>Why it was refused or failed.</summary>
    public string? Reason { get; private set; }

    /// <summary>The text of export.json.</summary>
    public string? Report { get; private set; }

    /// <summary>Length of the archive.</summary>
    public long? Bytes { get; private set; }

    /// <summary>sha256 of the archive, lower-case hexadecimal.</summary>
    public string? Hash { get; private set; }

    public bool IsOver => State is not (ExportState.Waiting or ExportState.Running);

    /// <summary>Asked for once more: what was refused, failed or removed waits again. False: it waits, runs or is ready as it is.</summary>
    public bool Ask(string by, DateTimeOffset now)
    {
        if (State is ExportState.Ready || !IsOver)
            return false;
        (State, AskedBy, AskedAt, Tries) = (ExportState.Waiting, by, now, 0);
        (Reason, WorkerId, StartedAt, FinishedAt) = (null, null, null, null);
        return true;
    }

    /// <summary>Lets go of the files of a ready one. False: it has none.</summary>
    public bool Remove()
    {
        if (State is not ExportState.Ready)
            return false;
        (State, Report, Bytes, Hash) = (ExportState.Removed, null, null, null);
        return true;
    }

    /// <summary>Takes the next number. A Running export may be started again: its worker was lost. False: out of tries, and it has failed.</summary>
    public bool Start(string workerId, DateTimeOffset now)
    {
        if (IsOver)
            throw new InvalidOperationException($"the export {TrialId}, {Layout} is {State} and cannot start");
        if (Tries >= MostTries)
        {
            (State, FinishedAt) = (ExportState.Failed, now);
            Reason = $"its worker was lost {MostTries} times while it made this; perhaps its memory or disk did not suffice";
            return false;
        }
        (State, WorkerId, StartedAt) = (ExportState.Running, workerId, now);
        Attempt++;
        Tries++;
        return true;
    }

    /// <summary>No worker can make it: it fails before an attempt.</summary>
    public void GiveUp(string reason, DateTimeOffset now)
    {
        if (IsOver)
            throw new InvalidOperationException($"the export {TrialId}, {Layout} is {State} already");
        (State, Reason, FinishedAt) = (ExportState.Failed, reason, now);
    }

    public WriteAnswer Complete(int attempt, string report, long bytes, string hash, DateTimeOffset now)
    {
        var answer = End(attempt, ExportState.Ready, null, now);
        if (answer is WriteAnswer.Accepted)
            (Report, Bytes, Hash) = (report, bytes, hash);
        return answer;
    }

    public WriteAnswer Refuse(int attempt, string reason, DateTimeOffset now) => End(attempt, ExportState.Refused, reason, now);

    public WriteAnswer Fail(int attempt, string reason, DateTimeOffset now) => End(attempt, ExportState.Failed, reason, now);

    private WriteAnswer End(int attempt, ExportState state, string? reason, DateTimeOffset now)
    {
        if (attempt == Attempt && State == state)
            return WriteAnswer.AlreadyDone;
        if (attempt != Attempt || State is not ExportState.Running)
            return WriteAnswer.Refused;
        (State, Reason, FinishedAt) = (state, reason, now);
        return WriteAnswer.Accepted;
    }
}
