using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Costs;

/// <summary>A task as far as a trial's cost depends on it.</summary>
/// <param name="Bytes">of its files.</param>
/// <param name="Written">null: it asks for no texts.</param>
public sealed record CostTask(TaskAsset Task, RowTokens Tokens, long Bytes, WrittenTexts? Written = null);

/// <summary>What a study is expected to cost before its start: of the designs that it may train, a seeded sample is reckoned.</summary>
/// <param name="PeakBytes">of the largest of the sampled trials.</param>
/// <param name="TrialSeconds">of a trial of the stages, or of the one design; the mean.</param>
/// <param name="FullPeakBytes">of full fine-tuning; null where the plan has none.</param>
/// <param name="FullSeconds">of one trial of it.</param>
/// <param name="LeastSeconds">of all trials one after the other, where decisions leave groups frozen and make contenders equal.</param>
public sealed record StudyCost(double PeakBytes, double TrialSeconds, double? FullPeakBytes, double? FullSeconds, double LeastSeconds, double MostSeconds)
{
    private const int Samples = 32;

    /// <param name="forecast">the plan's.</param>
    public static StudyCost Of(StudyPlan plan, BackboneAsset backbone, IReadOnlyList<CostTask> tasks, StudyForecast forecast, CostModel model)
    {
        var assets = new StudyAssets(backbone, tasks.Select(task => task.Task).ToValueList());
        var drawn = Drawn(plan, backbone.Shape);
        var stages = plan.Design is null ? Costs(StageName.Start, drawn) : [];
        var final = Costs(StageName.Final, [.. drawn, .. OnAllLayers(plan, backbone.Shape)]);
        var full = plan is { Design: null, Final.FullFineTuning: true } ? Costs(StageName.Final, [new SampledDesign(0, null, null)]) : [];
        var typical = stages.Length > 0 ? stages : final;
        return new StudyCost(
            stages.Concat(final).Max(cost => cost.PeakBytes), Mean(typical),
            full.Length > 0 ? full.Max(cost => cost.PeakBytes) : null, full.Length > 0 ? Mean(full) : null,
            Total(step => step.LeastTrials, forecast.LeastTrials), Total(step => step.MostTrials, forecast.MostTrials));

        TrialCost[] Costs(StageName stage, IReadOnlyList<SampledDesign> designs) => (
            from trial in TrialPlans.Of(plan, assets, new StageStep(new StageKey(stage), [new StageChoice(0, "", designs.ToValueList())]))
            let task = tasks.First(known => known.Task.Name == trial.Task)
            select model.Predict(CostFacts.Of(trial.Plan, model.Heads, task.Tokens, task.Bytes) with { Written = task.Written })).ToArray();

        double Total(Func<StepForecast, int> count, int all)
        {
            var last = forecast.Steps.Where(step => step.Key.Stage is StageName.Final).Sum(count);
            var whole = full.Length > 0 ? plan.Final.Seeds * plan.Tasks.Count : 0;
            return ((all - last) * Mean(stages)) + ((last - whole) * Mean(final)) + (whole * Mean(full));
        }
    }

    private static double Mean(TrialCost[] costs) => costs.Length == 0 ? 0 : costs.Average(cost => cost.Seconds);

    private static IReadOnlyList<SampledDesign> Drawn(StudyPlan plan, BackboneShape shape)
    {
        if (plan.Design is { } design)
            return [new SampledDesign(0, design, BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods).Sizes)];
        var wide = plan with { Compute = plan.Compute with { StartSamples = Samples } };
        return Refinement.Next(wide, shape, []) is RefinementMove.RunStep { Step.Choices: [var start, ..] } ? start.Samples : [];
    }

    private static IEnumerable<SampledDesign> OnAllLayers(StudyPlan plan, BackboneShape shape) =>
        from contender in plan.Design is null ? FinalContenders.OnAllLayers(plan) : []
        let design = FinalContenders.OnAllLayers(contender.Methods, plan, shape)
        let sizes = BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods).Sizes
        where sizes is not null
        select new SampledDesign(0, design, sizes);
}
