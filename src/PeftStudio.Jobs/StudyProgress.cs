using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>
/// The refinement as a state machine over the database. Each advance is one transaction under the lock of the study's row: it decides what is complete,
/// stores the next step with its trials, and enqueues them. Advancing twice changes nothing, so whoever finishes a trial, restarts or retries just calls it.
/// </summary>
public sealed class StudyProgress(StudioDatabase database, TrialQueue queue)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    public async Task AdvanceAsync(int studyId, CancellationToken cancellationToken)
    {
        var trials = await database.WriteAsync(context => AdvanceAsync(context, studyId, cancellationToken), Patience, cancellationToken);
        // After the commit: a job must not run before its trial is there. What a crash here loses, the sweep finds.
        await queue.EnqueueAsync(trials, cancellationToken);
    }

    /// <summary>A job for this trial if it waits: one that was retried lost its own when it failed.</summary>
    public async Task EnqueueWaitingAsync(long trialId, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        if (await context.Trials.AnyAsync(trial => trial.Id == trialId && trial.State == TrialState.Waiting, cancellationToken))
            await queue.EnqueueAsync([trialId], cancellationToken);
    }

    private static async Task<IReadOnlyList<long>> AdvanceAsync(StudioContext context, int studyId, CancellationToken cancellationToken)
    {
        if (await context.LockStudyAsync(studyId, cancellationToken) is not { IsOver: false } study)
            return [];
        var now = await context.NowAsync(cancellationToken);
        if (study.Deadline < now && study.Stop($"the wall-clock limit of {study.Plan.Compute.WallClockMinutes} minutes was reached"))
            Say(context, study, EventKind.StudyStopping, study.Reason ?? "");
        if (study.State is StudyState.Stopping)
        {
            await ConcludeStoppedAsync(context, study, now, cancellationToken);
            await context.NotifyAsync(studyId, cancellationToken);
            return [];
        }
        if (await context.Trials.AnyAsync(trial => trial.StudyId == studyId && (trial.State == TrialState.Waiting || trial.State == TrialState.Running), cancellationToken))
        {
            study.Resume();
            await context.NotifyAsync(studyId, cancellationToken);
            return [];
        }

        var trials = await MoveAsync(context, study, now, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await context.NotifyAsync(studyId, cancellationToken);
        return trials.ConvertAll(trial => trial.Id);
    }

    /// <summary>Decides the newest step if it is open, then stores steps until one has trials to run, the study holds, or it is finished.</summary>
    private static async Task<List<Trial>> MoveAsync(StudioContext context, Study study, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var record = await StudyRecord.ReadAsync(context, study.Id, cancellationToken);
        if (record.LastOrDefault() is { Decision: null } open && !await DecideAsync(context, study, open, now, cancellationToken))
            return [];
        while (true)
        {
            await context.SaveChangesAsync(cancellationToken);
            var past = (await StudyRecord.ReadAsync(context, study.Id, cancellationToken)).Select(step => step.Decided).OfType<DecidedStep>().ToList();
            switch (NextMove(study, past))
            {
                case RefinementMove.CloseStep close:
                    var closed = new Step(study.Id, close.Decision.Key.Stage, close.Decision.Key.Group, past.Count, [], now);
                    closed.Decide(close.Decision, now);
                    context.Add(closed);
                    Say(context, study, EventKind.StepDecided, $"{close.Decision.Key}: {close.Decision.Sentence}");
                    break;
                case RefinementMove.RunStep run:
                    return await StepRows.AddAsync(context, study, run.Step, run.Notes, past.Count, now, cancellationToken);
                case RefinementMove.RunFinal final:
                    return await StepRows.AddAsync(context, study, final.Step, final.LeftOut, past.Count, now, cancellationToken);
                case RefinementMove.Finished:
                    study.Conclude(completed: true, now);
                    Say(context, study, EventKind.StudyCompleted, "completed");
                    return [];
                default:
                    return [];
            }
        }
    }

    /// <summary>Null: the plan cannot go on, and the study holds with the reason instead of failing again at every finished trial.</summary>
    private static RefinementMove? NextMove(Study study, IReadOnlyList<DecidedStep> past)
    {
        try
        {
            return Refinement.Next(study.Plan, study.Assets.Backbone.Shape, past);
        }
        catch (ArgumentException error)
        {
            study.Hold(error.Message);
            return null;
        }
    }

    private static async Task<bool> DecideAsync(StudioContext context, Study study, RecordedStep open, DateTimeOffset now, CancellationToken cancellationToken)
    {
        switch (Stage.Decide(open.Step, open.Runs, open.Dropped, study.Plan.Tasks, study.Plan.Seed))
        {
            case StageVerdict.Decided decided:
                var step = await context.Steps.SingleAsync(row => row.Id == open.StepId, cancellationToken);
                step.Decide(decided.Decision, now);
                Faults.Reach(FaultPoint.InsideDecision);
                Say(context, study, EventKind.StepDecided, $"{step.Key}: {decided.Decision.Sentence}");
                study.Resume();
                return true;
            case StageVerdict.Held held:
                if (study.State is not StudyState.Held)
                    Say(context, study, EventKind.StudyHeld, held.Message);
                study.Hold(held.Message);
                return false;
            default:
                return false;
        }
    }

    private static async Task ConcludeStoppedAsync(StudioContext context, Study study, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var open = await context.Trials.Where(trial => trial.StudyId == study.Id && (trial.State == TrialState.Waiting || trial.State == TrialState.Running)).ToListAsync(cancellationToken);
        foreach (var trial in open.Where(trial => trial.State is TrialState.Waiting))
            trial.Cancel(study.Reason ?? "the study was stopped", now);
        if (open.Exists(trial => trial.State is TrialState.Running))
            return;
        study.Conclude(completed: false, now);
        Say(context, study, EventKind.StudyStopped, $"stopped: {study.Reason}; what was found stays");
    }

    private static void Say(StudioContext context, Study study, EventKind kind, string text) => context.Add(new StudioEvent(kind, text, study.Id));
}
