namespace PeftStudio.Search.Studies;

public enum AttemptState
{
    Running,
    Completed,
    Failed,

    /// <summary>Its worker died or was cut off; a newer attempt took over.</summary>
    Lost,

    /// <summary>Its worker was asked to go.</summary>
    Preempted,
    Cancelled,
}

/// <summary>One try at a trial.</summary>
public sealed class Attempt(long trialId, int number, string workerId, DateTimeOffset startedAt)
{
    public long TrialId { get; private set; } = trialId;

    public int Number { get; private set; } = number;

    public string WorkerId { get; private set; } = workerId;

    public DateTimeOffset StartedAt { get; private set; } = startedAt;

    /// <summary>By the database's clock, as every time here.</summary>
    public DateTimeOffset HeartbeatAt { get; private set; } = startedAt;

    public DateTimeOffset? EndedAt { get; private set; }

    public AttemptState State { get; private set; } = AttemptState.Running;

    public string? Reason { get; private set; }

    /// <summary>The epoch that runs, from 1; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Training steps done, of <see cref="Steps"/>.</summary>
    public int Step { get; private set; }

    public int Steps { get; private set; }

    public void End(AttemptState state, string? reason, DateTimeOffset now)
    {
        if (State is not AttemptState.Running)
            return;
        (State, Reason, EndedAt) = (state, reason, now);
    }
}
