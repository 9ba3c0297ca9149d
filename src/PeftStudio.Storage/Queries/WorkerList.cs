using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Queries;

public enum WorkerState
{
    Idle,
    Busy,

    /// <summary>No heartbeat for <see cref="WorkerList.SilentAfter"/>.</summary>
    Silent,
    Stopped,
}

/// <param name="Export">that it makes now.</param>
/// <param name="Lacks">why it put its last trial back.</param>
public sealed record WorkerView(
    string Id, string Host, int ProcessId, string Device, int Threads, string Profile, WorkerState State, long? TrialId, int? StudyId, ExportKey? Export,
    int Completed, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt, TimeSpan SinceHeartbeat, string? Lacks, ValueList<HeldAsset> Backbones, ValueList<HeldAsset> Tasks);

public static class WorkerList
{
    public static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(20);

    /// <summary>Workers of the last day, live ones first.</summary>
    public static async Task<IReadOnlyList<WorkerView>> ReadAsync(StudioContext context, CancellationToken cancellationToken)
    {
        var now = await context.NowAsync(cancellationToken);
        var oldest = now.AddDays(-1);
        var rows = await (
            from worker in context.Workers.AsNoTracking()
            where worker.HeartbeatAt > oldest
            orderby worker.StartedAt
            select new
            {
                Worker = worker,
                StudyId = context.Trials.Where(trial => trial.Id == worker.TrialId).Select(trial => (int?)trial.StudyId).FirstOrDefault(),
                Completed = context.Attempts.Count(attempt => attempt.WorkerId == worker.Id && attempt.State == Search.Studies.AttemptState.Completed),
            }).ToListAsync(cancellationToken);
        var exports = (await context.Exports.AsNoTracking().Where(export => export.State == ExportState.Running)
            .Select(export => new { export.WorkerId, Key = new ExportKey(export.TrialId, export.Layout) }).ToListAsync(cancellationToken)).ToLookup(export => export.WorkerId ?? "", export => export.Key, StringComparer.Ordinal);
        return rows
            .Select(row => new WorkerView(row.Worker.Id, row.Worker.Host, row.Worker.ProcessId, row.Worker.Device, row.Worker.Threads, row.Worker.Profile, StateOf(row.Worker, exports[row.Worker.Id].Any(), now),
                row.Worker.TrialId, row.StudyId, exports[row.Worker.Id].FirstOrDefault(), row.Completed, row.Worker.StartedAt, row.Worker.HeartbeatAt, now - row.Worker.HeartbeatAt, row.Worker.Lacks, row.Worker.Backbones, row.Worker.Tasks))
            .OrderBy(view => view.State is WorkerState.Stopped or WorkerState.Silent).ThenByDescending(view => view.StartedAt)
            .ToList();
    }

    private static WorkerState StateOf(WorkerNode worker, bool exports, DateTimeOffset now)
    {
        if (worker.StoppedAt is not null)
            return WorkerState.Stopped;
        if (now - worker.HeartbeatAt > SilentAfter)
            return WorkerState.Silent;
        return worker.TrialId is null && !exports ? WorkerState.Idle : WorkerState.Busy;
    }
}
