namespace PeftStudio.Search.Studies;

public enum TrialState
{
    Waiting,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>What became of a write that an attempt made.</summary>
public enum WriteAnswer
{
    Accepted,

    /// <summary>The same attempt wrote it before: its COMMIT's reply was lost. Nothing to do.</summary>
    AlreadyDone,

    /// <summary>A newer attempt exists, or the trial was ended meanwhile: the write is refused and recorded.</summary>
    Refused,
}

/// <summary>
/// One training run: sampled design x task x training seed. Attempts are numbered; the number fences: whatever writes with an older one is refused.
/// </summary>
public sealed class Trial
{
    public const int MostTries = 3;

    public Trial(int studyId, int stepId, int sampleId, string task, TrialPlan plan, DateTimeOffset createdAt)
    {
        StudyId = studyId;
        StepId = stepId;
        SampleId = sampleId;
        Task = task;
        Plan = plan;
        Work = WorkOf(plan);
        CreatedAt = createdAt;
    }

    public long Id { get; private set; }

    public int StudyId { get; private set; }

    public int StepId { get; private set; }

    public int SampleId { get; private set; }

    public string Task { get; private set; }

    public TrialPlan Plan { get; private set; }

    /// <summary>Training rows it reads: epochs x rows.</summary>
    public long Work { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public TrialState State { get; private set; } = TrialState.Waiting;

    /// <summary>The number of the newest attempt; 0 before the first.</summary>
    public int Attempt { get; private set; }

    /// <summary>Attempts that count against <see cref="MostTries"/>: preempted ones do not.</summary>
    public int Tries { get; private set; }

    public bool CancelRequested { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>The failure's reasons, one line an attempt.</summary>
    public string? Reason { get; private set; }

    /// <summary>The decision rows' score of a completed trial.</summary>
    public double? Score { get; private set; }

    /// <summary>The official dev rows' score; final comparison alone.</summary>
    public double? DevScore { get; private set; }

    /// <summary>Every decision row got the same prediction.</summary>
    public bool Collapsed { get; private set; }

    /// <summary>Every dev row got the same prediction; false where the dev rows were not read.</summary>
    public bool DevCollapsed { get; private set; }

    /// <summary>A metric of the decision rows counts as 0 because its denominator is zero.</summary>
    public bool ZeroDenominator { get; private set; }

    /// <summary>The same of the dev rows.</summary>
    public bool DevZeroDenominator { get; private set; }

    public TrialResult? Result { get; private set; }

    public bool IsOver => State is TrialState.Completed or TrialState.Failed or TrialState.Cancelled;

    /// <summary>Takes the next number. A Running trial may be started again: its worker was lost. False: out of tries, and the trial has failed.</summary>
    public bool Start(DateTimeOffset now)
    {
        if (IsOver)
            throw new InvalidOperationException($"trial {Id} is {State} and cannot start");
        if (Tries >= MostTries)
        {
            AddReason($"attempt {Attempt}: its worker was lost");
            (State, FinishedAt) = (TrialState.Failed, now);
            return false;
        }
        if (State is TrialState.Running)
            AddReason($"attempt {Attempt}: its worker was lost");
        Attempt++;
        Tries++;
        State = TrialState.Running;
        StartedAt = now;
        return true;
    }

    public WriteAnswer Complete(int attempt, TrialResult result, DateTimeOffset now)
    {
        if (attempt == Attempt && State is TrialState.Completed)
            return WriteAnswer.AlreadyDone;
        if (!IsCurrent(attempt))
            return WriteAnswer.Refused;
        (State, FinishedAt, Result, Reason) = (TrialState.Completed, now, result, null);
        Score = result.Decision.Score;
        DevScore = result.Dev?.Score;
        (Collapsed, DevCollapsed) = (result.Decision.ConstantPrediction, result.Dev?.ConstantPrediction ?? false);
        (ZeroDenominator, DevZeroDenominator) = (result.Decision.ZeroDenominator, result.Dev?.ZeroDenominator ?? false);
        return WriteAnswer.Accepted;
    }

    /// <param name="again">whether another attempt could end otherwise; NaN and out-of-memory cannot: the same bits come again.</param>
    public WriteAnswer Fail(int attempt, string reason, bool again, DateTimeOffset now)
    {
        if (attempt == Attempt && State is TrialState.Failed)
            return WriteAnswer.AlreadyDone;
        if (!IsCurrent(attempt))
            return WriteAnswer.Refused;
        AddReason($"attempt {attempt}: {reason}");
        if (again && Tries < MostTries)
            State = TrialState.Waiting;
        else
            (State, FinishedAt) = (TrialState.Failed, now);
        return WriteAnswer.Accepted;
    }

    /// <summary>The worker was asked to go: no fault of the trial, so no try is counted.</summary>
    public WriteAnswer PutBack(int attempt)
    {
        if (!IsCurrent(attempt))
            return WriteAnswer.Refused;
        Tries--;
        State = TrialState.Waiting;
        return WriteAnswer.Accepted;
    }

    /// <summary>A waiting trial is cancelled at once, a running one when its worker reads the flag. False: it was over.</summary>
    public bool Cancel(string reason, DateTimeOffset now)
    {
        if (IsOver)
            return false;
        CancelRequested = true;
        if (State is TrialState.Waiting)
        {
            AddReason(reason);
            (State, FinishedAt) = (TrialState.Cancelled, now);
        }
        return true;
    }

    public WriteAnswer ConfirmCancelled(int attempt, DateTimeOffset now)
    {
        if (!IsCurrent(attempt))
            return WriteAnswer.Refused;
        AddReason("cancelled while it ran");
        (State, FinishedAt) = (TrialState.Cancelled, now);
        return WriteAnswer.Accepted;
    }

    /// <param name="stepDecided">whether the trial's step is decided; then its trials stay as they are.</param>
    public void Retry(bool stepDecided)
    {
        if (State is not TrialState.Failed)
            throw new InvalidOperationException($"trial {Id} is {State}; only a failed one can be retried");
        if (stepDecided)
            throw new InvalidOperationException($"trial {Id} cannot be retried: its stage is decided");
        (State, FinishedAt, Tries, Reason, CancelRequested) = (TrialState.Waiting, null, 0, null, false);
    }

    public static long WorkOf(TrialPlan plan) => (long)plan.Epochs * Math.Min(plan.TrainingRows ?? plan.Task.TrainRows, plan.Task.TrainRows);

    private bool IsCurrent(int attempt) => State is TrialState.Running && attempt == Attempt;

    private void AddReason(string line) => Reason = Reason is null ? line : Reason + "\n" + line;
}
