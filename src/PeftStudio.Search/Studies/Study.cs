namespace PeftStudio.Search.Studies;

public enum StudyState
{
    Running,

    /// <summary>A choice has no complete design left: a person retries its trials or drops it.</summary>
    Held,

    /// <summary>What runs is finished, nothing new is started.</summary>
    Stopping,

    /// <summary>The final comparison is decided.</summary>
    Completed,

    /// <summary>Ended before the final comparison, by a person or by the wall-clock limit; what was found stays.</summary>
    Stopped,

    Cancelled,
}

/// <summary>One search (or one design trained without a search), from its creation to its end.</summary>
public sealed class Study
{
    public Study(string name, StudyPlan plan, StudyAssets assets, int plannedTrials, long plannedWork, string startedBy, DateTimeOffset createdAt)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentException("the study has no name; give it one", nameof(name));
        Name = name;
        Plan = plan;
        Assets = assets;
        PlannedTrials = plannedTrials;
        PlannedWork = plannedWork;
        StartedBy = startedBy;
        CreatedAt = createdAt;
    }

    public int Id { get; private set; }

    public string Name { get; private set; }

    public StudyPlan Plan { get; private set; }

    public StudyAssets Assets { get; private set; }

    /// <summary>Trials of all steps and the final comparison, as far as they can be known before the start.</summary>
    public int PlannedTrials { get; private set; }

    /// <summary>The same in training rows read (<see cref="Trial.Work"/>): what a remaining time is reckoned from.</summary>
    public long PlannedWork { get; private set; }

    public string StartedBy { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public StudyState State { get; private set; } = StudyState.Running;

    /// <summary>Why it is held or was ended early.</summary>
    public string? Reason { get; private set; }

    /// <summary>The profile of the worker that started the first trial; only its like run the others.</summary>
    public string? NumericProfile { get; private set; }

    public bool IsOver => State is StudyState.Completed or StudyState.Stopped or StudyState.Cancelled;

    /// <summary>Whether trials of this study may start.</summary>
    public bool Runs => State is StudyState.Running or StudyState.Held;

    /// <summary>Takes the profile of the first trial's worker. False: the study has another one.</summary>
    public bool AdmitProfile(string profile)
    {
        NumericProfile ??= profile;
        return string.Equals(NumericProfile, profile, StringComparison.Ordinal);
    }

    /// <summary>The time at which the wall-clock limit ends the study; null without one.</summary>
    public DateTimeOffset? Deadline => Plan.Compute.WallClockMinutes is { } minutes ? CreatedAt.AddMinutes(minutes) : null;

    public void Hold(string reason)
    {
        if (State is StudyState.Running)
            (State, Reason) = (StudyState.Held, reason);
    }

    public void Resume()
    {
        if (State is StudyState.Held)
            (State, Reason) = (StudyState.Running, null);
    }

    /// <summary>False where the study is over or stopping already.</summary>
    public bool Stop(string reason)
    {
        if (!Runs)
            return false;
        (State, Reason) = (StudyState.Stopping, reason);
        return true;
    }

    /// <summary>False where the study is over already.</summary>
    public bool Cancel(string reason, DateTimeOffset now)
    {
        if (IsOver)
            return false;
        (State, Reason, FinishedAt) = (StudyState.Cancelled, reason, now);
        return true;
    }

    /// <summary>The last trial has ended and nothing follows.</summary>
    public void Conclude(bool completed, DateTimeOffset now)
    {
        if (IsOver)
            throw new InvalidOperationException($"study {Id} is {State} and cannot be concluded again");
        (State, FinishedAt) = (completed ? StudyState.Completed : StudyState.Stopped, now);
    }
}
