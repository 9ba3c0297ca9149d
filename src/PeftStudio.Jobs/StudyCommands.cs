using Microsoft.EntityFrameworkCore;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

public enum CommandState
{
    Done,
    NotFound,

    /// <summary>The thing is in a state that forbids it.</summary>
    Refused,
}

/// <param name="Reason">why it was refused; empty otherwise.</param>
public sealed record CommandAnswer(CommandState State, string Reason = "")
{
    public static readonly CommandAnswer Done = new(CommandState.Done);

    public static readonly CommandAnswer NotFound = new(CommandState.NotFound);
}

/// <summary>What a person can do to studies and trials. <c>by</c> is who, for the history.</summary>
public sealed class StudyCommands(StudioDatabase database, StudyProgress progress)
{
    /// <summary>Stores the study with its first step and enqueues its trials.</summary>
    /// <returns>the study's id.</returns>
    /// <exception cref="ArgumentException">the plan cannot run; <see cref="StudyPlanCheck"/> says why in detail.</exception>
    public async Task<int> CreateAsync(StudyPlan plan, StudyAssets assets, string by, CancellationToken cancellationToken)
    {
        var forecast = StudyForecast.Of(plan, assets.Backbone.Shape);
        var study = await database.WriteAsync(async context =>
        {
            var row = new Study(plan.Name, plan, assets, forecast.MostTrials, PlannedWork.Of(plan, assets.Tasks, forecast).Most, by, await context.NowAsync(cancellationToken));
            context.Add(row);
            await context.SaveChangesAsync(cancellationToken);
            context.Add(new StudioEvent(EventKind.StudyCreated, $"started by {by}", row.Id));
            return row.Id;
        }, cancellationToken);
        await progress.AdvanceAsync(study, cancellationToken);
        return study;
    }

    /// <summary>What runs is finished, nothing new is started, what was found stays.</summary>
    public Task<CommandAnswer> StopAsync(int studyId, string by, CancellationToken cancellationToken) =>
        OnStudyAsync(studyId, (context, study, _) =>
        {
            if (!study.Stop($"stopped by {by}"))
                return Task.FromResult(Over(study));
            context.Add(new StudioEvent(EventKind.StudyStopping, $"stop asked for by {by}", studyId));
            return Task.FromResult(CommandAnswer.Done);
        }, cancellationToken);

    /// <summary>Waiting trials are cancelled at once, running ones at their next heartbeat; results so far stay.</summary>
    public Task<CommandAnswer> CancelAsync(int studyId, string by, CancellationToken cancellationToken) =>
        OnStudyAsync(studyId, async (context, study, now) =>
        {
            if (!study.Cancel($"cancelled by {by}", now))
                return Over(study);
            foreach (var trial in await context.Trials.Where(trial => trial.StudyId == studyId && (trial.State == TrialState.Waiting || trial.State == TrialState.Running)).ToListAsync(cancellationToken))
                trial.Cancel($"the study was cancelled by {by}", now);
            context.Add(new StudioEvent(EventKind.StudyCancelled, $"cancelled by {by}", studyId));
            return CommandAnswer.Done;
        }, cancellationToken);

    public Task<CommandAnswer> CancelTrialAsync(long trialId, string by, CancellationToken cancellationToken) =>
        OnTrialAsync(trialId, (context, trial, _, now) =>
        {
            if (!trial.Cancel($"cancelled by {by}", now))
                return new(CommandState.Refused, $"trial {trialId} is {trial.State} already");
            context.Add(new StudioEvent(EventKind.TrialCancelled, $"cancel asked for by {by}", trial.StudyId, trialId));
            return CommandAnswer.Done;
        }, cancellationToken);

    /// <summary>A failed trial waits again, until its stage is decided.</summary>
    public Task<CommandAnswer> RetryTrialAsync(long trialId, string by, CancellationToken cancellationToken) =>
        OnTrialAsync(trialId, (context, trial, step, _) =>
        {
            if (trial.State is not TrialState.Failed)
                return new(CommandState.Refused, $"trial {trialId} is {trial.State}; only a failed one can be retried");
            if (step.Decision is not null)
                return new(CommandState.Refused, $"{step.Key} is decided; its trials stay as they are");
            trial.Retry(stepDecided: false);
            context.Add(new StudioEvent(EventKind.TrialRetried, $"retried by {by}", trial.StudyId, trialId));
            return CommandAnswer.Done;
        }, cancellationToken);

    /// <summary>Takes a choice out of the open step that holds the study.</summary>
    public Task<CommandAnswer> DropChoiceAsync(int studyId, int choiceId, string by, CancellationToken cancellationToken) =>
        OnStudyAsync(studyId, async (context, study, _) =>
        {
            var found = await (
                from choice in context.Choices
                join step in context.Steps on choice.StepId equals step.Id
                where choice.Id == choiceId && step.StudyId == studyId
                select new { choice, step }).SingleOrDefaultAsync(cancellationToken);
            if (found is null)
                return CommandAnswer.NotFound;
            if (study.IsOver || found.step.Decision is not null)
                return new(CommandState.Refused, $"{found.step.Key} is decided or the study is over; its choices stay as they are");
            found.choice.Drop();
            context.Add(new StudioEvent(EventKind.ChoiceDropped, $"{found.step.Key}: {found.choice.Label} dropped by {by}", studyId));
            return CommandAnswer.Done;
        }, cancellationToken);

    private async Task<CommandAnswer> OnStudyAsync(int studyId, Func<StudioContext, Study, DateTimeOffset, Task<CommandAnswer>> act, CancellationToken cancellationToken)
    {
        var answer = await database.WriteAsync(async context =>
        {
            if (await context.LockStudyAsync(studyId, cancellationToken) is not { } study)
                return CommandAnswer.NotFound;
            var said = await act(context, study, await context.NowAsync(cancellationToken));
            await context.NotifyAsync(studyId, cancellationToken);
            return said;
        }, cancellationToken);
        if (answer.State is CommandState.Done)
            await progress.AdvanceAsync(studyId, cancellationToken);
        return answer;
    }

    private async Task<CommandAnswer> OnTrialAsync(long trialId, Func<StudioContext, Trial, Step, DateTimeOffset, CommandAnswer> act, CancellationToken cancellationToken)
    {
        await using var page = database.Open();
        var studyId = await page.Trials.Where(trial => trial.Id == trialId).Select(trial => (int?)trial.StudyId).SingleOrDefaultAsync(cancellationToken);
        if (studyId is not { } id)
            return CommandAnswer.NotFound;
        var answer = await OnStudyAsync(id, async (context, study, now) =>
        {
            if (study.IsOver)
                return Over(study);
            var trial = await context.LockTrialAsync(trialId, cancellationToken);
            if (trial is null)
                return CommandAnswer.NotFound;
            return act(context, trial, await context.Steps.SingleAsync(step => step.Id == trial.StepId, cancellationToken), now);
        }, cancellationToken);
        if (answer.State is CommandState.Done)
            await progress.EnqueueWaitingAsync(trialId, cancellationToken);
        return answer;
    }

    private static CommandAnswer Over(Study study) => new(CommandState.Refused, $"study {study.Id} is {study.State} already");
}
