using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Queries;

public sealed record EventView(long Id, DateTimeOffset At, EventKind Kind, string Text, long? TrialId, int? Attempt, string? WorkerId);

public static class EventList
{
    internal static readonly Expression<Func<StudioEvent, EventView>> View =
        line => new(line.Id, line.At, line.Kind, line.Text, line.TrialId, line.Attempt, line.WorkerId);

    /// <summary>A study's history, newest first, without the trials' log lines; <paramref name="before"/> is the last id of the page above.</summary>
    public static async Task<IReadOnlyList<EventView>> ReadAsync(StudioContext context, int studyId, long? before, int take, CancellationToken cancellationToken) =>
        await context.Events.AsNoTracking().Where(line => line.StudyId == studyId && line.Kind != EventKind.Log && (before == null || line.Id < before))
            .OrderByDescending(line => line.Id).Take(take).Select(View).ToListAsync(cancellationToken);
}
