using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

public static class FinalTableQuery
{
    /// <summary>The final comparison as far as its runs have completed; null before that step.</summary>
    public static async Task<FinalTable?> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var study = await context.Studies.FindAsync([studyId], cancellationToken);
        return study is null ? null : Of(study, await StudyRecord.ReadAsync(context, studyId, cancellationToken));
    }

    /// <summary>The step's notes are its contenders that the budget leaves out.</summary>
    internal static FinalTable? Of(Study study, IReadOnlyList<RecordedStep> steps) =>
        steps.LastOrDefault() is { Step.Key.Stage: StageName.Final } final
            ? FinalComparison.Of(new FinalStep(final.Step, final.Notes), final.FinalRuns, study.Plan.Tasks)
            : null;
}
