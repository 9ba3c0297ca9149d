using System.Numerics;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Samplers;

namespace PeftStudio.Search.Studies;

/// <summary>Trials of one step. Fewer than <paramref name="MostTrials"/> where decisions can leave a group frozen or make contenders equal.</summary>
/// <param name="Choices">choices that some design within the budget has.</param>
public sealed record StepForecast(StageKey Key, int Choices, int LeastTrials, int MostTrials);

/// <summary>A design that the study would train, with what the budget makes of it in words.</summary>
public sealed record ExampleDesign(Design Design, DesignSizes Sizes, string Text);

/// <summary>What a plan comes to before its start. Trials in all lie between <paramref name="LeastTrials"/> and <paramref name="MostTrials"/>.</summary>
/// <param name="Designs">size of the space, exact.</param>
/// <param name="Infeasible">designs among them that do not fit the budget, exact.</param>
/// <param name="Notes">what a person must be told of the draws, a sentence each.</param>
public sealed record StudyForecast(
    BigInteger Designs, BigInteger Infeasible, ValueList<StepForecast> Steps, int LeastTrials, int MostTrials, ValueList<ExampleDesign> Examples, ValueList<string> Notes)
{
    private const int MostExamples = 3;

    /// <exception cref="ArgumentException">the plan has problems: ask <see cref="StudyPlanCheck"/> first.</exception>
    public static StudyForecast Of(StudyPlan plan, BackboneShape shape) =>
        plan.Design is { } design ? OfDesign(plan, design, shape) : OfSpace(plan, shape);

    private static StudyForecast OfDesign(StudyPlan plan, Design design, BackboneShape shape)
    {
        var final = FinalContenders.Of(plan, shape, []);
        var trials = plan.Final.Seeds * plan.Tasks.Count;
        var example = Example(new SampledDesign(0, design, BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods).Sizes), shape, plan.Methods);
        return new StudyForecast(1, 0, [new StepForecast(final.Step.Key, 1, trials, trials)], trials, trials, example.ToValueList(), []);
    }

    private static StudyForecast OfSpace(StudyPlan plan, BackboneShape shape)
    {
        var space = Refinement.Space(plan, shape, []);
        var methods = plan.Methods;
        var cap = plan.Budget.Cap(shape);
        var tasks = plan.Tasks.Count;
        var tuned = new Dictionary<int, int>();
        var steps = new List<StepForecast> { Fixed(new StageKey(StageName.Start), 1, plan.Compute.StartSamples) };
        foreach (var stage in (StageName[])[StageName.Grouping, StageName.Allocation, StageName.TunableGroups])
            steps.Add(Fixed(new StageKey(stage), Open(new StageKey(stage)), plan.Compute.SamplesPerChoice));
        for (var group = 1; group <= space.GroupCount; group++)
        {
            if (!space.Tunables.Any(tunable => tunable.Contains(group - 1)))
                continue;
            var step = Fixed(new StageKey(StageName.Strategies, group), Open(new StageKey(StageName.Strategies, group)), plan.Compute.SamplesPerChoice);
            tuned[group] = step.MostTrials;
            steps.Add(space.Tunables.All(tunable => tunable.Contains(group - 1)) ? step : step with { LeastTrials = 0 });
        }

        var final = FinalStep(plan, shape, out var leftOut);
        var before = steps.Where(step => step.Key.Stage is not StageName.Strategies).Sum(step => step.MostTrials);
        var strategies = space.Tunables.Select(tunable => tunable.Groups.Sum(group => tuned[group])).ToArray();
        var start = Refinement.Next(plan, shape, []) as RefinementMove.RunStep;
        return new StudyForecast(
            space.Count(shape),
            SpaceCounts.Infeasible(space, shape, cap, methods),
            [.. steps, final],
            before + strategies.Min() + final.LeastTrials,
            before + strategies.Max() + final.MostTrials,
            (start?.Step.Choices[0].Samples ?? []).Take(MostExamples).SelectMany(sample => Example(sample, shape, methods)).ToValueList(),
            [.. start?.Notes ?? [], .. leftOut]);

        int Open(StageKey key) => OpenChoices.Of(space, key).Count(choice => SpaceCounts.SmallestTotal(choice.Space, shape, methods) <= cap);

        // A component with one choice is closed by definition and costs nothing.
        StepForecast Fixed(StageKey key, int choices, int n)
        {
            var trials = choices > 1 || key.Stage is StageName.Start ? choices * n * tasks : 0;
            return new StepForecast(key, choices, trials, trials);
        }
    }

    /// <summary>The found design can turn out to be S0's best or a rival of one set on all layers, and S0's best such a rival too.</summary>
    private static StepForecast FinalStep(StudyPlan plan, BackboneShape shape, out ValueList<string> leftOut)
    {
        var rivals = FinalContenders.OnAllLayers(plan)
            .Select(rival => (rival.Label, BudgetSizes.Compute(FinalContenders.OnAllLayers(rival.Methods, plan, shape), plan.Budget, shape, plan.Methods).Infeasible)).ToArray();
        leftOut = rivals.Where(rival => rival.Infeasible is not null).Select(rival => $"{rival.Label} is left out: {rival.Infeasible?.Reason}.").ToValueList();
        var fitting = rivals.Length - leftOut.Count;
        var most = 1 + (plan.Final.BestOfStart ? 1 : 0) + fitting + (plan.Final.FullFineTuning ? 1 : 0);
        var least = most - (plan.Final.BestOfStart ? 1 : 0) - (fitting > 0 ? 1 : 0);
        var each = plan.Final.Seeds * plan.Tasks.Count;
        return new StepForecast(new StageKey(StageName.Final), most, least * each, most * each);
    }

    private static IEnumerable<ExampleDesign> Example(SampledDesign sample, BackboneShape shape, IReadOnlyList<PeftMethod> methods)
    {
        if (sample is { Design: { } design, Sizes: { } sizes })
            yield return new ExampleDesign(design, sizes, SizesText.Of(sizes, shape, methods));
    }
}
