using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
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

    /// <summary>Null where it was never asked for.</summary>
    public static Task<Export?> LockExportAsync(this StudioContext context, ExportKey key, CancellationToken cancellationToken)
    {
        var layout = key.Layout.ToString();
        return context.Exports.FromSql($"select *, xmin from exports where trial_id = {key.TrialId} and layout = {layout} for update").SingleOrDefaultAsync(cancellationToken);
    }
}
