using Microsoft.EntityFrameworkCore;

namespace PeftStudio.Storage.Queries;

/// <summary>How fast completed trials of a backbone were: what a time before the start is reckoned from.</summary>
/// <param name="LowSecondsPerRow">the first quartile; <paramref name="HighSecondsPerRow"/> the third.</param>
/// <param name="Workers">live now.</param>
public sealed record TrialSpeedView(int Trials, double LowSecondsPerRow, double HighSecondsPerRow, int Workers);

public static class TrialSpeed
{
    private const int MostTrials = 500;

    /// <summary>Of the newest trials of this backbone and precision; null where none has completed.</summary>
    public static async Task<TrialSpeedView?> ReadAsync(StudioContext context, string backboneHash, CancellationToken cancellationToken)
    {
        var studies = (await context.Studies.AsNoTracking().OrderByDescending(study => study.Id).Take(100).Select(study => new { study.Id, study.Assets }).ToListAsync(cancellationToken))
            .Where(study => study.Assets.Backbone.Hash == backboneHash).Select(study => study.Id).ToArray();
        var trials = await context.Trials.AsNoTracking()
            .Where(trial => studies.Contains(trial.StudyId) && trial.State == Search.Studies.TrialState.Completed && trial.Work > 0)
            .OrderByDescending(trial => trial.Id).Take(MostTrials)
            .Select(trial => new { trial.StartedAt, trial.FinishedAt, trial.Work }).ToListAsync(cancellationToken);
        var speeds = trials.Select(trial => trial is { StartedAt: { } from, FinishedAt: { } to } ? (to - from).TotalSeconds / trial.Work : -1).Where(speed => speed >= 0).Order().ToArray();
        if (speeds.Length == 0)
            return null;
        var workers = await WorkerList.ReadAsync(context, cancellationToken);
        return new(speeds.Length, speeds[speeds.Length / 4], speeds[speeds.Length * 3 / 4], workers.Count(worker => worker.State is WorkerState.Idle or WorkerState.Busy));
    }
}
