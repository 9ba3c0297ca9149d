using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>A row of the studies' page.</summary>
/// <param name="Stage">the newest step; null before the first.</param>
/// <param name="Best">the final winner's mean, or the best design's so far.</param>
/// <param name="BestInterval">known once the final comparison is decided.</param>
/// <param name="Remaining">null while nothing has been measured or nothing remains.</param>
public sealed record StudyRowView(
    int Id,
    string Name,
    string Backbone,
    ValueList<string> Tasks,
    StudyState State,
    string? Reason,
    StageKey? Stage,
    TrialCounts Trials,
    double? Best,
    Interval? BestInterval,
    TimeSpan? Remaining,
    string StartedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    bool HasSearch);

public sealed record StudyListFilter(string? Text = null, StudyState? State = null);

/// <summary>All studies, newest first.</summary>
public static class StudyList
{
    public static async Task<IReadOnlyList<StudyRowView>> ReadAsync(StudioContext context, StudyListFilter filter, CancellationToken cancellationToken)
    {
        var studies = context.Studies.AsNoTracking();
        if (filter.State is { } state)
            studies = studies.Where(study => study.State == state);
        if (!string.IsNullOrWhiteSpace(filter.Text))
            studies = studies.Where(study => EF.Functions.ILike(study.Name, $"%{LikePattern.Escape(filter.Text)}%", LikePattern.EscapeCharacter));
        var found = await studies.OrderByDescending(study => study.Id).ToListAsync(cancellationToken);
        var ids = found.Select(study => study.Id).ToArray();
        var progress = await StudyProgressRows.ReadAsync(context, ids, cancellationToken);
        var steps = await context.Steps.AsNoTracking().Where(step => ids.Contains(step.StudyId)).OrderBy(step => step.Number)
            .Select(step => new { step.StudyId, step.Stage, step.Group, Final = step.Stage == StageName.Final ? step.Decision : null })
            .ToListAsync(cancellationToken);
        var newest = steps.GroupBy(step => step.StudyId).ToDictionary(group => group.Key, group => group.Last());

        return found.ConvertAll(study =>
        {
            var last = newest.GetValueOrDefault(study.Id);
            var winner = last?.Final is { } final ? final.Evidence.FirstOrDefault(evidence => evidence.Choice == final.Winner) : null;
            var row = progress[study.Id];
            return new StudyRowView(
                study.Id, study.Name, study.Assets.Backbone.Name, study.Plan.Tasks, study.State, study.Reason,
                last is null ? null : new StageKey(last.Stage, last.Group), row.Counts(study.PlannedTrials),
                winner?.Mean ?? row.Best, winner?.Interval, study.IsOver ? null : row.Remaining(study.PlannedWork),
                study.StartedBy, study.CreatedAt, study.FinishedAt, study.Plan.Space is not null);
        });
    }
}
