using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Studies;

/// <summary>A study whose trials are scored by a made-up function of the plan, with the runs handed over in any order.</summary>
internal sealed record SimulatedStudy(StudyPlan Plan, BackboneShape Shape, Func<TrialPlan, double> Score, int Order = 0)
{
    public StudyAssets Assets => new(
        new BackboneAsset(Plan.Backbone, "b", Shape),
        Plan.Tasks.Select(task => new TaskAsset(task, "t", ["no", "yes"], ["accuracy"], 1000, 100)).ToValueList());

    /// <summary>Every step in order; the last is the final one.</summary>
    public ValueList<DecidedStep> Run()
    {
        var past = new List<DecidedStep>();
        while (true)
        {
            switch (Refinement.Next(Plan, Shape, past))
            {
                case RefinementMove.RunStep run:
                    past.Add(Decide(run.Step));
                    break;
                case RefinementMove.RunFinal final:
                    past.Add(Decide(final.Step));
                    break;
                case RefinementMove.CloseStep close:
                    past.Add(new DecidedStep(new StageStep(close.Decision.Key, []), [], close.Decision));
                    break;
                default:
                    return past.ToValueList();
            }
        }
    }

    public ValueList<ScoredRun> Runs(StageStep step)
    {
        var runs = TrialPlans.Of(Plan, Assets, step).Select(trial => new ScoredRun(trial.Choice, trial.Sample, trial.Task, Score(trial.Plan), Collapsed: false)).ToArray();
        if (Order is not 0)
            new Random(Order).Shuffle(runs);
        return runs.ToValueList();
    }

    private DecidedStep Decide(StageStep step)
    {
        var runs = Runs(step);
        var verdict = Stage.Decide(step, runs, new HashSet<int>(), Plan.Tasks, Plan.Seed).ShouldBeOfType<StageVerdict.Decided>();
        return new DecidedStep(step, runs, verdict.Decision);
    }

    /// <summary>Likes spindles, increasing allocation, many tuned groups, LoRA at the bottom and adapters at the top; noise by design, task and seed.</summary>
    public static double Preference(TrialPlan plan)
    {
        var noise = (plan.TrainingSeed * 7919 % 13 / 13.0) + (plan.Task.Name.Length % 3);
        if (plan.Design is not { } design)
            return 70 + noise;
        var methods = design.Methods.Select((set, group) => set.Names.Sum(name => name switch
        {
            "lora" => 2.0 - (0.5 * group),
            "adapter" => 0.5 * group,
            _ => 0.1,
        })).Sum();
        return 60 + noise + methods + design.Tunable.Groups.Count
            + (design.Pattern is LayerPattern.Spindle ? 40 : 0) + (design.Allocation is AllocationPattern.Increasing ? 20 : 0);
    }
}
