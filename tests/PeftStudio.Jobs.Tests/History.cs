using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Jobs.Tests;

/// <summary>The oracle of the fault tests: what the append-only history of a finished study must say.</summary>
internal static class History
{
    public static async Task CheckAsync(StudioContext context, int studyId)
    {
        var events = await context.Events.Where(line => line.StudyId == studyId).OrderBy(line => line.Id).ToListAsync();
        var trials = await context.Trials.Where(trial => trial.StudyId == studyId).ToListAsync();
        var steps = await context.Steps.Where(step => step.StudyId == studyId).ToListAsync();
        var attempts = await context.Attempts.Where(attempt => trials.Select(trial => trial.Id).Contains(attempt.TrialId)).ToListAsync();

        foreach (var trial in trials.Where(trial => trial.State is TrialState.Completed))
        {
            var own = events.Where(line => line.TrialId == trial.Id).ToList();
            own.Count(line => line.Kind is EventKind.AttemptCompleted).ShouldBe(1, $"trial {trial.Id} completed exactly once");
            var completed = own.First(line => line.Kind is EventKind.AttemptCompleted);
            completed.Attempt.ShouldBe(trial.Attempt, "the newest attempt's write is the one accepted");
            own.Where(line => line.Kind is EventKind.AttemptStarted).Max(line => line.Attempt).ShouldBe(trial.Attempt);
            own.Where(line => line.Kind is EventKind.AttemptStarted).ShouldAllBe(line => line.Id < completed.Id);
        }
        foreach (var step in steps)
        {
            var last = trials.Where(trial => trial.StepId == step.Id).Max(trial => trial.FinishedAt);
            if (last is not null && step.DecidedAt is { } decided)
                decided.ShouldBeGreaterThanOrEqualTo(last.Value, "no decision before the last trial");
        }
        events.Count(line => line.Kind is EventKind.StepDecided).ShouldBe(steps.Count(step => step.Decision != null), "one decision a step");
        attempts.ShouldNotContain(attempt => attempt.State == AttemptState.Running, "nothing runs in a study that is over");
        trials.ShouldAllBe(trial => trial.IsOver);
    }
}
