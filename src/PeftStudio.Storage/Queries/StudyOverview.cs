using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <summary>The head of a study's page: its state, its track of steps and what runs now.</summary>
/// <param name="Version">rises with every change of the study's own row; an edit names the one it was made on.</param>
public sealed record StudyView(
    int Id,
    string Name,
    StudyPlan Plan,
    StudyAssets Assets,
    StudyState State,
    string? Reason,
    string? NumericProfile,
    TrialCounts Trials,
    double? Best,
    TimeSpan? Remaining,
    string StartedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    DateTimeOffset? Deadline,
    DateTimeOffset Now,
    uint Version,
    IReadOnlyList<TrackView> Track,
    IReadOnlyList<RunningTrialView> Running);

/// <summary>One step on the track.</summary>
public sealed record TrackView(int StepId, StageKey Key, int Trials, int Done, int Failed, StageDecision? Decision, DateTimeOffset? DecidedAt);

/// <param name="Share">of the trial's training steps, 0..1.</param>
public sealed record RunningTrialView(
    long TrialId, int StudyId, StageKey Stage, string Choice, int Sample, string Task, int Attempt, string WorkerId,
    int Epoch, int Epochs, double Share, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt);

public static class StudyOverview
{
    /// <summary>Null where there is no such study.</summary>
    public static async Task<StudyView?> ReadAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        var found = await context.Studies.AsNoTracking().Where(study => study.Id == studyId)
            .Select(study => new { Study = study, Version = EF.Property<uint>(study, "Version") })
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var study = found.Study;
        var now = await context.NowAsync(cancellationToken);
        var row = (await StudyProgressRows.ReadAsync(context, [studyId], cancellationToken))[studyId];
        var track = await context.Steps.AsNoTracking().Where(step => step.StudyId == studyId).OrderBy(step => step.Number)
            .Select(step => new
            {
                step.Id,
                step.Stage,
                step.Group,
                step.Decision,
                step.DecidedAt,
                Trials = context.Trials.Count(trial => trial.StepId == step.Id),
                Done = context.Trials.Count(trial => trial.StepId == step.Id && trial.State == TrialState.Completed),
                Failed = context.Trials.Count(trial => trial.StepId == step.Id && trial.State == TrialState.Failed),
            })
            .ToListAsync(cancellationToken);
        var running = await RunningTrials.ReadAsync(context, studyId, cancellationToken);
        return new(
            study.Id, study.Name, study.Plan, study.Assets, study.State, study.Reason, study.NumericProfile, row.Counts(study.PlannedTrials), row.Best,
            study.IsOver ? null : row.Remaining(study.PlannedWork), study.StartedBy, study.CreatedAt, study.FinishedAt, study.Deadline, now, found.Version,
            track.ConvertAll(step => new TrackView(step.Id, new(step.Stage, step.Group), step.Trials, step.Done, step.Failed, step.Decision, step.DecidedAt)),
            running);
    }
}

public static class RunningTrials
{
    /// <summary>What runs now, of one study or (null) of all.</summary>
    public static async Task<IReadOnlyList<RunningTrialView>> ReadAsync(StudioContext context, int? studyId, CancellationToken cancellationToken)
    {
        var rows = await (
            from trial in context.Trials.AsNoTracking()
            where trial.State == TrialState.Running && (studyId == null || trial.StudyId == studyId)
            join attempt in context.Attempts on new { TrialId = trial.Id, Number = trial.Attempt } equals new { attempt.TrialId, attempt.Number }
            join sample in context.Samples on trial.SampleId equals sample.Id
            join choice in context.Choices on sample.ChoiceId equals choice.Id
            join step in context.Steps on trial.StepId equals step.Id
            orderby trial.Id
            select new { trial.Id, trial.StudyId, step.Stage, step.Group, choice.Label, sample.Index, trial.Task, trial.Plan, attempt }).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new RunningTrialView(
            row.Id, row.StudyId, new(row.Stage, row.Group), row.Label, row.Index, row.Task, row.attempt.Number, row.attempt.WorkerId,
            row.attempt.Epoch, row.Plan.Epochs, row.attempt.Steps == 0 ? 0 : (double)row.attempt.Step / row.attempt.Steps, row.attempt.StartedAt, row.attempt.HeartbeatAt));
    }
}
