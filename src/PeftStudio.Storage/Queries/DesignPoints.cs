using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>One completed design in the chart of scores against trainable parameters.</summary>
/// <param name="Methods">"adapter+lora | frozen | bitfit": one set a group.</param>
public sealed record DesignPointView(
    int SampleId, StageKey Stage, string Choice, int Sample, long Parameters, double Score, double? DevScore,
    LayerPattern? Pattern, AllocationPattern? Allocation, string Tunable, string Methods);

public static class DesignPoints
{
    /// <summary>Every design whose tasks are all completed, in the order of drawing.</summary>
    public static async Task<IReadOnlyList<DesignPointView>> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var backbone = await context.Studies.AsNoTracking().Where(study => study.Id == studyId).Select(study => study.Assets).SingleOrDefaultAsync(cancellationToken);
        if (backbone is null)
            return [];
        var rows = await (
            from sample in context.Samples.AsNoTracking()
            where sample.StudyId == studyId
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            join step in context.Steps on sample.StepId equals step.Id
            let open = context.Trials.Count(trial => trial.SampleId == sample.Id && trial.State != TrialState.Completed)
            let mean = context.Trials.Where(trial => trial.SampleId == sample.Id).Average(trial => trial.Score)
            let dev = context.Trials.Where(trial => trial.SampleId == sample.Id).Average(trial => trial.DevScore)
            where open == 0 && mean != null
            orderby sample.Id
            select new
            {
                sample.Id,
                step.Stage,
                step.Group,
                choice.Label,
                sample.Index,
                sample.Parameters,
                Mean = mean,
                Dev = dev,
                sample.Pattern,
                sample.Allocation,
                sample.Tunable,
                sample.Methods,
            }).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new DesignPointView(row.Id, new(row.Stage, row.Group), row.Label, row.Index, row.Parameters ?? backbone.Backbone.Shape.Parameters,
            row.Mean ?? 0, row.Dev, row.Pattern, row.Allocation, row.Tunable, row.Methods));
    }
}
