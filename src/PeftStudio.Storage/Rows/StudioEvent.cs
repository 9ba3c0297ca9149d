namespace PeftStudio.Storage.Rows;

public enum EventKind
{
    StudyCreated,
    StudyHeld,
    StudyResumed,
    StudyStopping,
    StudyStopped,
    StudyCancelled,
    StudyCompleted,
    StepStarted,
    StepDecided,
    ChoiceDropped,
    AttemptStarted,
    AttemptCompleted,
    AttemptFailed,
    AttemptLost,
    AttemptPreempted,
    AttemptCancelled,

    /// <summary>An attempt below the highest tried to write.</summary>
    LateWriteRefused,
    TrialFailed,
    TrialCancelled,
    TrialRetried,

    /// <summary>A worker that lacks something put the trial back.</summary>
    TrialPutBack,
    ExportAsked,
    ExportMade,
    ExportRefused,
    ExportFailed,
    ExportRemoved,

    /// <summary>A line of a trial's log.</summary>
    Log,
}

/// <summary>One line of the append-only history. The database stamps the time.</summary>
public sealed class StudioEvent(EventKind kind, string text, int? studyId = null, long? trialId = null, int? attempt = null, string? workerId = null)
{
    public long Id { get; private set; }

    public DateTimeOffset At { get; private set; }

    public EventKind Kind { get; private set; } = kind;

    public string Text { get; private set; } = text;

    public int? StudyId { get; private set; } = studyId;

    public long? TrialId { get; private set; } = trialId;

    public int? Attempt { get; private set; } = attempt;

    public string? WorkerId { get; private set; } = workerId;
}
