namespace PeftStudio.Search.Studies;

/// <summary>A trial with its place in the step.</summary>
public sealed record PlannedTrial(int Choice, int Sample, string Task, TrialPlan Plan);

/// <summary>The trials of a step in the order in which they should run: index by index across the choices, so that all choices fill up together.</summary>
public static class TrialPlans
{
    public static ValueList<PlannedTrial> Of(StudyPlan plan, StudyAssets assets, StageStep step)
    {
        var tasks = plan.Tasks.Select(name =>
            assets.Tasks.FirstOrDefault(task => string.Equals(task.Name, name, StringComparison.Ordinal))
            ?? throw new ArgumentException($"task '{name}' of the study is not among its assets", nameof(assets))).ToArray();
        return (
            from place in step.Choices.SelectMany(choice => choice.Samples.Select(sample => (choice, sample)))
            orderby place.sample.Index, place.choice.Index
            from task in tasks
            select new PlannedTrial(place.choice.Index, place.sample.Index, task.Name, Trial(plan, assets.Backbone, task, step.Key, place.sample))).ToValueList();
    }

    private static TrialPlan Trial(StudyPlan plan, BackboneAsset backbone, TaskAsset task, StageKey key, SampledDesign sample)
    {
        var final = key.Stage is StageName.Final;
        return new TrialPlan(
            backbone,
            task,
            sample.Design,
            sample.Sizes,
            plan.Training,
            Epochs: final ? plan.Final.Epochs : plan.Compute.Epochs,
            TrainingRows: final ? plan.Final.RowsPerTask : plan.Compute.RowsPerTask,
            plan.Compute.DecisionShare,
            plan.Compute.DecisionRowsAtMost,
            plan.Compute.DecideOn,
            final ? EvaluationRows.DecisionThenDev : EvaluationRows.Decision,
            plan.Seed,
            TrainingSeed: sample.Index,
            KeepAdapter: final && sample.Design is not null)
        {
            OwnMethods = plan.OwnMethods.Where(method => sample.Design?.Methods.Any(set => set.Contains(method.Name)) is true).ToValueList(),
        };
    }
}
