using Microsoft.EntityFrameworkCore;

namespace PeftStudio.Storage.Queries;

/// <summary>Trials by state. <paramref name="Planned"/>: of all steps, also those not drawn yet.</summary>
public sealed record TrialCounts(int Waiting, int Running, int Completed, int Failed, int Cancelled, int Planned)
{
    public int Known => Waiting + Running + Completed + Failed + Cancelled;
}

/// <summary>Counts, work and best score of studies, one grouped read for any number of them.</summary>
internal sealed class StudyProgressRow
{
    public int StudyId { get; init; }

    public int Waiting { get; init; }

    public int Running { get; init; }

    public int Completed { get; init; }

    public int Failed { get; init; }

    public int Cancelled { get; init; }

    public long DoneWork { get; init; }

    public long KnownWork { get; init; }

    /// <summary>The final comparison is drawn: what is known now is all there will be.</summary>
    public bool AllDrawn { get; init; }

    public double DoneSeconds { get; init; }

    public double? Best { get; init; }

    public TrialCounts Counts(int planned)
    {
        var known = Waiting + Running + Completed + Failed + Cancelled;
        return new(Waiting, Running, Completed, Failed, Cancelled, AllDrawn ? known : Math.Max(planned, known));
    }

    /// <summary>The work that is left at the mean speed so far, on as many workers as run trials now.</summary>
    public TimeSpan? Remaining(long plannedWork)
    {
        var all = AllDrawn ? KnownWork : plannedWork;
        if (DoneWork == 0 || DoneSeconds <= 0 || all <= DoneWork)
            return null;
        return TimeSpan.FromSeconds((all - DoneWork) * (DoneSeconds / DoneWork) / Math.Max(1, Running));
    }
}

internal static class StudyProgressRows
{
    public static async Task<IReadOnlyDictionary<int, StudyProgressRow>> ReadAsync(StudioContext context, int[] studies, CancellationToken cancellationToken)
    {
        var rows = await context.Database.SqlQuery<StudyProgressRow>($"""
            select s.id as "StudyId",
                   coalesce(t.waiting, 0)::int as "Waiting", coalesce(t.running, 0)::int as "Running", coalesce(t.completed, 0)::int as "Completed",
                   coalesce(t.failed, 0)::int as "Failed", coalesce(t.cancelled, 0)::int as "Cancelled",
                   coalesce(t.done_work, 0)::bigint as "DoneWork", coalesce(t.known_work, 0)::bigint as "KnownWork",
                   exists(select 1 from steps f where f.study_id = s.id and f.stage = 'Final') as "AllDrawn",
                   coalesce(t.done_seconds, 0)::double precision as "DoneSeconds", b.best as "Best"
            from studies s
            left join (
                select study_id, count(*) filter (where state = 'Waiting') as waiting, count(*) filter (where state = 'Running') as running,
                       count(*) filter (where state = 'Completed') as completed, count(*) filter (where state = 'Failed') as failed,
                       count(*) filter (where state = 'Cancelled') as cancelled,
                       sum(work) filter (where state in ('Completed', 'Failed', 'Cancelled')) as done_work, sum(work) as known_work,
                       extract(epoch from sum(finished_at - started_at) filter (where state = 'Completed')) as done_seconds
                from trials where study_id = any({studies}) group by study_id) t on t.study_id = s.id
            left join (
                select study_id, max(mean) as best
                from (select study_id, sample_id, avg(score) as mean from trials where study_id = any({studies})
                      group by study_id, sample_id having bool_and(state = 'Completed')) d
                group by study_id) b on b.study_id = s.id
            where s.id = any({studies})
            """).ToListAsync(cancellationToken);
        return rows.ToDictionary(row => row.StudyId);
    }
}
