using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Writes;

/// <summary>Rows read under a lock that the transaction holds. A study is always locked before its trials.</summary>
public static class RowLocks
{
    /// <summary>Null where there is no such study.</summary>
    public static Task<Study?> LockStudyAsync(this StudioContext context, int studyId, CancellationToken cancellationToken) =>
        context.Studies.FromSql($"select *, xmin from studies where id = {studyId} for update").SingleOrDefaultAsync(cancellationToken);

    /// <summary>Null where there is no such trial.</summary>
    public static Task<Trial?> LockTrialAsync(this StudioContext context, long trialId, CancellationToken cancellationToken) =>
        context.Trials.FromSql($"select *, xmin from trials where id = {trialId} for update").SingleOrDefaultAsync(cancellationToken);
}
