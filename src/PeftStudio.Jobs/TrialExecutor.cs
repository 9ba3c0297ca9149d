using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Jobs;

/// <summary>How far a trial is. Reported often and from the training thread; only the newest is written, with the next heartbeat.</summary>
/// <param name="Epoch">the epoch that runs, from 1.</param>
/// <param name="Step">training steps done, of all <paramref name="Steps"/>.</param>
/// <param name="Finished">an epoch that has just ended; each is kept.</param>
/// <param name="Line">a line for the trial's log; each is kept.</param>
public sealed record TrialProgress(int Epoch, int Step, int Steps, EpochPoint? Finished = null, string? Line = null);

/// <summary>What came out of a trial.</summary>
public abstract record TrialOutcome
{
    private TrialOutcome()
    {
    }

    /// <param name="Adapter">adapter.safetensors and <paramref name="Manifest"/> (adapter.json); both null where the plan keeps none.</param>
    public sealed record Completed(TrialResult Result, byte[]? Adapter, string? Manifest) : TrialOutcome;

    /// <param name="Reason">names the step and the remedy; shown to the user.</param>
    /// <param name="Again">whether another attempt could end otherwise. NaN and out-of-memory cannot: the same bits come again.</param>
    public sealed record Failed(string Reason, bool Again) : TrialOutcome;
}

/// <summary>Runs one trial: the training room in the product, a pure function in tests.</summary>
public interface ITrialExecutor
{
    /// <summary>Reads its folders: the backbones and tasks that it can run now. Called at the start and when a trial names something unknown.</summary>
    HeldAssets FindAssets();

    /// <summary>
    /// Blocks until the trial ends. Throws <see cref="OperationCanceledException"/> soon after <paramref name="cancellationToken"/> is cancelled. Any other
    /// exception counts as a failure that may pass.
    /// </summary>
    TrialOutcome Run(TrialPlan plan, IProgress<TrialProgress> progress, CancellationToken cancellationToken);
}
