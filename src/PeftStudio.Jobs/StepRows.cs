using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Jobs;

/// <summary>A step's values as rows: step, choices, sampled designs, and a waiting trial for each design and task.</summary>
internal static class StepRows
{
    public static async Task<List<Trial>> AddAsync(
        StudioContext context, Study study, StageStep value, ValueList<string> notes, int number, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var step = new Step(study.Id, value.Key.Stage, value.Key.Group, number, notes, now);
        context.Add(step);
        await context.SaveChangesAsync(cancellationToken);

        var choices = value.Choices.ToDictionary(choice => choice.Index, choice => new Choice(step.Id, choice.Index, choice.Label, choice.Paired));
        context.AddRange(choices.Values);
        await context.SaveChangesAsync(cancellationToken);

        var samples = (
            from choice in value.Choices
            from sampled in choice.Samples
            select (Key: (choice.Index, Sample: sampled.Index), Row: new Sample(study.Id, step.Id, choices[choice.Index].Id, sampled))).ToDictionary(pair => pair.Key, pair => pair.Row);
        context.AddRange(samples.Values);
        await context.SaveChangesAsync(cancellationToken);

        var trials = TrialPlans.Of(study.Plan, study.Assets, value)
            .Select(planned => new Trial(study.Id, step.Id, samples[(planned.Choice, planned.Sample)].Id, planned.Task, planned.Plan, now)).ToList();
        context.AddRange(trials);
        context.Add(new StudioEvent(EventKind.StepStarted, FormattableString.Invariant($"{value.Key}: {value.Choices.Count} choices, {trials.Count} trials"), study.Id));
        await context.SaveChangesAsync(cancellationToken);
        return trials;
    }
}
