using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>One sampled design of a study. <paramref name="Design"/> null: full fine-tuning.</summary>
/// <param name="Score">mean over tasks of the decision rows' scores, null until all tasks are completed.</param>
/// <param name="Parameters">the backbone part's trainable parameters; the whole backbone for full fine-tuning.</param>
public sealed record DesignRowView(
    int SampleId,
    StageKey Stage,
    int Choice,
    string ChoiceLabel,
    int Sample,
    Design? Design,
    DesignSizes? Sizes,
    string DesignHash,
    string Tunable,
    string Methods,
    long Parameters,
    TrialState State,
    double? Score,
    double? DevScore,
    ValueList<TaskRunView> Tasks);

public sealed record DesignPage(int Total, IReadOnlyList<DesignRowView> Rows);

public enum DesignSort
{
    Drawn,
    Score,
    DevScore,
    Parameters,
    Pattern,
    Allocation,
    Tunable,
    Methods,

    /// <summary>by the score of <see cref="DesignTableFilter.SortTask"/>.</summary>
    Task,
}

/// <summary>What the table shows; all of it is done in the database. <paramref name="Text"/> searches choice, tunable groups and methods.</summary>
public sealed record DesignTableFilter(
    StageName? Stage = null,
    int? Group = null,
    LayerPattern? Pattern = null,
    AllocationPattern? Allocation = null,
    string? Tunable = null,
    string? Method = null,
    string? Text = null,
    DesignSort Sort = DesignSort.Drawn,
    string? SortTask = null,
    bool Descending = false,
    int Skip = 0,
    int Take = 50);

public static class DesignTable
{
    public static async Task<DesignPage> ReadAsync(StudioContext context, int studyId, DesignTableFilter filter, CancellationToken cancellationToken)
    {
        var rows = Filtered(context, studyId, filter);
        var total = await rows.CountAsync(cancellationToken);
        var page = await Sorted(context, rows, filter).Skip(filter.Skip).Take(filter.Take).ToListAsync(cancellationToken);
        return new(total, await ViewsAsync(context, studyId, page, cancellationToken));
    }

    /// <summary>One design of a study; null where there is none.</summary>
    public static async Task<DesignRowView?> ReadOneAsync(StudioContext context, int studyId, int sampleId, CancellationToken cancellationToken)
    {
        var rows = await Filtered(context, studyId, new()).Where(row => row.Sample.Id == sampleId).ToListAsync(cancellationToken);
        return (await ViewsAsync(context, studyId, rows, cancellationToken)).SingleOrDefault();
    }

    private static IQueryable<Row> Filtered(StudioContext context, int studyId, DesignTableFilter filter)
    {
        var rows =
            from sample in context.Samples.AsNoTracking()
            where sample.StudyId == studyId
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            join step in context.Steps on sample.StepId equals step.Id
            select new Row
            {
                Sample = sample,
                Choice = choice.Index,
                Label = choice.Label,
                Stage = step.Stage,
                Group = step.Group,
                Open = context.Trials.Count(trial => trial.SampleId == sample.Id && trial.State != TrialState.Completed),
                Mean = context.Trials.Where(trial => trial.SampleId == sample.Id).Average(trial => trial.Score),
                DevMean = context.Trials.Where(trial => trial.SampleId == sample.Id).Average(trial => trial.DevScore),
            };
        if (filter.Stage is { } stage)
            rows = rows.Where(row => row.Stage == stage);
        if (filter.Group is { } group)
            rows = rows.Where(row => row.Group == group);
        if (filter.Pattern is { } pattern)
            rows = rows.Where(row => row.Sample.Pattern == pattern);
        if (filter.Allocation is { } allocation)
            rows = rows.Where(row => row.Sample.Allocation == allocation);
        if (filter.Tunable is { } tunable)
            rows = rows.Where(row => row.Sample.Tunable == tunable);
        if (!string.IsNullOrWhiteSpace(filter.Method))
        {
            // Whole names: lora is not lora-all.
            var method = $"%+{LikePattern.Escape(filter.Method)}+%";
            rows = rows.Where(row => EF.Functions.ILike("+" + row.Sample.Methods.Replace(" | ", "+") + "+", method, LikePattern.EscapeCharacter));
        }
        if (string.IsNullOrWhiteSpace(filter.Text))
            return rows;
        var text = $"%{LikePattern.Escape(filter.Text)}%";
        return rows.Where(row => EF.Functions.ILike(row.Label, text, LikePattern.EscapeCharacter)
            || EF.Functions.ILike(row.Sample.Methods, text, LikePattern.EscapeCharacter)
            || EF.Functions.ILike(row.Sample.Tunable, text, LikePattern.EscapeCharacter));
    }

    /// <summary>What has no value comes last, whichever way it is sorted.</summary>
    private static IQueryable<Row> Sorted(StudioContext context, IQueryable<Row> rows, DesignTableFilter filter) => (filter.Sort switch
    {
        DesignSort.Score => By(rows, row => row.Open > 0 ? null : row.Mean, filter.Descending),
        DesignSort.DevScore => By(rows, row => row.Open > 0 ? null : row.DevMean, filter.Descending),
        DesignSort.Parameters => By(rows, row => (double?)row.Sample.Parameters, filter.Descending),
        DesignSort.Pattern => By(rows, row => row.Sample.Pattern, filter.Descending),
        DesignSort.Allocation => By(rows, row => row.Sample.Allocation, filter.Descending),
        DesignSort.Tunable => By(rows, row => row.Sample.Tunable, filter.Descending),
        DesignSort.Methods => By(rows, row => row.Sample.Methods, filter.Descending),
        DesignSort.Task => By(rows, row => context.Trials.Where(trial => trial.SampleId == row.Sample.Id && trial.Task == filter.SortTask).Max(trial => trial.Score), filter.Descending),
        _ => filter.Descending ? rows.OrderByDescending(row => row.Sample.Id) : rows.OrderBy(row => row.Sample.Id),
    }).ThenBy(row => row.Sample.Id);

    private static IOrderedQueryable<Row> By<T>(IQueryable<Row> rows, System.Linq.Expressions.Expression<Func<Row, T>> key, bool descending)
    {
        var isNull = System.Linq.Expressions.Expression.Lambda<Func<Row, bool>>(
            System.Linq.Expressions.Expression.Equal(
                System.Linq.Expressions.Expression.Convert(key.Body, typeof(object)), System.Linq.Expressions.Expression.Constant(null)),
            key.Parameters);
        return descending ? rows.OrderBy(isNull).ThenByDescending(key) : rows.OrderBy(isNull).ThenBy(key);
    }

    private static async Task<IReadOnlyList<DesignRowView>> ViewsAsync(StudioContext context, int studyId, List<Row> rows, CancellationToken cancellationToken)
    {
        var ids = rows.ConvertAll(row => row.Sample.Id);
        var trials = await context.Trials.AsNoTracking().Where(trial => ids.Contains(trial.SampleId)).OrderBy(trial => trial.Id)
            .Select(trial => new { trial.SampleId, View = new TaskRunView(trial.Id, trial.Task, trial.State, trial.Score, trial.DevScore) })
            .ToListAsync(cancellationToken);
        var trialsOf = trials.ToLookup(trial => trial.SampleId, trial => trial.View);
        var backbone = rows.Exists(row => row.Sample.Parameters is null)
            ? (await context.Studies.AsNoTracking().Where(study => study.Id == studyId).Select(study => study.Assets).SingleAsync(cancellationToken)).Backbone.Shape.Parameters
            : 0;
        return rows.ConvertAll(row =>
        {
            var run = StudySteps.Run(row.Sample.Id, row.Sample.Index, trialsOf[row.Sample.Id].ToValueList());
            return new DesignRowView(row.Sample.Id, new(row.Stage, row.Group), row.Choice, row.Label, row.Sample.Index, row.Sample.Value().Design, row.Sample.Sizes, row.Sample.DesignHash,
                row.Sample.Tunable, row.Sample.Methods, row.Sample.Parameters ?? backbone, run.State, run.Score, run.DevScore, run.Tasks);
        });
    }

    private sealed class Row
    {
        public required Sample Sample { get; init; }

        public int Choice { get; init; }

        public required string Label { get; init; }

        public StageName Stage { get; init; }

        public int Group { get; init; }

        public int Open { get; init; }

        public double? Mean { get; init; }

        public double? DevMean { get; init; }
    }
}
