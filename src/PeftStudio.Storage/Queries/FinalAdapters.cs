using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>One downloadable adapter.</summary>
public sealed record AdapterView(long TrialId, string Choice, int ChoiceIndex, int Seed, string Task, double? Score, double? DevScore, string Hash, int Length, bool Best)
{
    /// <summary>The one that the study's page and its archives have for the task: the found design's best.</summary>
    public bool Offered => ChoiceIndex == 0 && Best;
}

public static class FinalAdapters
{
    /// <summary>
    /// The adapters of the final comparison. <c>Best</c>: of each choice and task the seed with the highest decision score, the lowest seed of
    /// equals; dev rows choose nothing.
    /// </summary>
    public static async Task<IReadOnlyList<AdapterView>> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var rows = await (
            from adapter in context.Adapters.AsNoTracking()
            join trial in context.Trials on adapter.TrialId equals trial.Id
            where trial.StudyId == studyId
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            join step in context.Steps on trial.StepId equals step.Id
            where step.Stage == StageName.Final
            orderby choice.Index, trial.Task, sample.Index
            select new AdapterView(trial.Id, choice.Label, choice.Index, sample.Index, trial.Task, trial.Score, trial.DevScore, adapter.Hash, adapter.Length, false)).ToListAsync(cancellationToken);
        var best = rows.GroupBy(row => (row.ChoiceIndex, row.Task)).Select(group => group.OrderByDescending(row => row.Score).ThenBy(row => row.Seed).First().TrialId).ToHashSet();
        return rows.ConvertAll(row => row with { Best = best.Contains(row.TrialId) });
    }
}
