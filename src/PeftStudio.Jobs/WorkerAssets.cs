using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>This worker's backbones and tasks, in its row too.</summary>
internal sealed class WorkerAssets(WorkerNode worker, WorkerRows workers, ITrialExecutor executor)
{
    /// <summary>Reads the folders again: what a person put there since the last look counts. False: nothing is new.</summary>
    public async Task<bool> LookAgainAsync()
    {
        var found = executor.FindAssets();
        if (found == new HeldAssets(worker.Backbones, worker.Tasks))
            return false;
        worker.Hold(found);
        await workers.SayHoldsAsync(worker.Id, found, CancellationToken.None);
        return true;
    }
}
