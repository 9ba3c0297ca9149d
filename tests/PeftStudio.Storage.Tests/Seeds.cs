using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Tests;

/// <summary>Small studies for the tables: no refinement, only rows.</summary>
internal static class Seeds
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly StudyAssets Assets = new(
        new("tiny", "b0", new("bert", [new("encoder", 4, 8, 8, 16)], 10_000)),
        [new("cola", "t0", ["no", "yes"], ["matthews"], 100, 20), new("rte", "t1", ["no", "yes"], ["accuracy"], 50, 20)]);

    public static readonly StudyPlan Plan = new() { Name = "first", Backbone = "tiny", Tasks = ["cola", "rte"] };

    public static Study Study(string name = "first") => new(name, Plan with { Name = name }, Assets, plannedTrials: 8, plannedWork: 1000, "anna", Noon);

    public static SampledDesign Sampled(int index, AllocationPattern allocation = AllocationPattern.Uniform) => new(
        index,
        new Design(LayerPattern.Uniform, [new LayerGrouping([2, 2])], allocation, new TunableGroups([1]), [new MethodSet(["lora"]), MethodSet.Empty]),
        new DesignSizes([new("encoder", 0, "lora", 2, 40)], 80));

    public static TrialPlan TrialPlan(SampledDesign sampled, int task) => new(
        Assets.Backbone, Assets.Tasks[task], sampled.Design, sampled.Sizes, new(), Epochs: 2, TrainingRows: 50, 0.1, 1000, DecisionRows.PartOfTrain, EvaluationRows.Decision,
        StudySeed: 1, TrainingSeed: sampled.Index, KeepAdapter: false);

    public static TrialResult Result(double score) => new(
        1, new(score, [new("accuracy", score)], ConstantPrediction: false), null, [new(1, 0.7, new(score, [new("accuracy", score)], false))], 80, 10, 50);

    /// <summary>One step with two choices of two designs on two tasks, all trials waiting.</summary>
    public static async Task<(Study Study, List<Trial> Trials)> SaveStudyAsync(StudioContext context, string name = "first")
    {
        var study = Study(name);
        context.Add(study);
        await context.SaveChangesAsync();
        var step = new Step(study.Id, StageName.Grouping, 0, 0, [], Noon);
        context.Add(step);
        await context.SaveChangesAsync();
        var trials = new List<Trial>();
        for (var c = 0; c < 2; c++)
        {
            var choice = new Choice(step.Id, c, c == 0 ? "Uniform" : "Spindle", paired: true);
            context.Add(choice);
            await context.SaveChangesAsync();
            for (var s = 0; s < 2; s++)
            {
                var sampled = Sampled(s, c == 0 ? AllocationPattern.Uniform : AllocationPattern.Increasing);
                var sample = new Sample(study.Id, step.Id, choice.Id, sampled);
                context.Add(sample);
                await context.SaveChangesAsync();
                for (var t = 0; t < 2; t++)
                    trials.Add(new(study.Id, step.Id, sample.Id, Assets.Tasks[t].Name, TrialPlan(sampled, t), Noon));
            }
        }
        context.AddRange(trials);
        await context.SaveChangesAsync();
        return (study, trials);
    }
}
