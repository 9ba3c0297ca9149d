using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>An export as it was asked for and as far as it is.</summary>
/// <param name="Report">the text of export.json; of a ready one.</param>
/// <param name="Bytes">length of the archive.</param>
/// <param name="Hash">sha256 of the archive.</param>
public sealed record ExportView(
    long TrialId, ExportLayout Layout, ExportState State, string AskedBy, DateTimeOffset AskedAt, string? WorkerId, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    string? Reason, string? Report, long? Bytes, string? Hash);

/// <summary>An export that waits or is being made.</summary>
public sealed record ExportUnderWayView(long TrialId, ExportLayout Layout, ExportState State, int StudyId, string StudyName, string Task, string AskedBy, DateTimeOffset AskedAt, string? WorkerId);

public static class ExportList
{
    /// <summary>What was asked for of these trials.</summary>
    public static async Task<IReadOnlyList<ExportView>> ReadAsync(StudioContext context, IReadOnlyCollection<long> trials, CancellationToken cancellationToken) =>
        await context.Exports.AsNoTracking().Where(export => trials.Contains(export.TrialId)).OrderBy(export => export.TrialId)
            .Select(export => new ExportView(
                export.TrialId, export.Layout, export.State, export.AskedBy, export.AskedAt, export.WorkerId, export.StartedAt, export.FinishedAt,
                export.Reason, export.Report, export.Bytes, export.Hash))
            .ToListAsync(cancellationToken);

    /// <summary>Of all studies, the oldest first.</summary>
    public static async Task<IReadOnlyList<ExportUnderWayView>> UnderWayAsync(StudioContext context, CancellationToken cancellationToken) =>
        await (
            from export in context.Exports.AsNoTracking()
            where export.State == ExportState.Waiting || export.State == ExportState.Running
            join trial in context.Trials on export.TrialId equals trial.Id
            join study in context.Studies on trial.StudyId equals study.Id
            orderby export.AskedAt
            select new ExportUnderWayView(trial.Id, export.Layout, export.State, study.Id, study.Name, trial.Task, export.AskedBy, export.AskedAt, export.WorkerId)).ToListAsync(cancellationToken);
}
