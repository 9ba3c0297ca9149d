using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Samplers;

namespace PeftStudio.Search.Studies;

/// <summary>
/// Progressive refinement (arXiv 2301.01821): S0 the control, S1 grouping, S2 allocation, S3 tunable groups, S4 strategies group by group, then the final comparison.
/// A pure function of the plan and of what was decided: it can be replayed, and nothing about workers or time enters.
/// </summary>
public static class Refinement
{
    public static RefinementMove Next(StudyPlan plan, BackboneShape shape, IReadOnlyList<DecidedStep> past)
    {
        if (plan.Design is not null)
            return past.Count > 0 ? new RefinementMove.Finished() : Final(FinalContenders.Of(plan, shape, past));
        var (space, next) = Replay(plan, shape, past);
        if (next is not { } key)
            return new RefinementMove.Finished();
        if (key.Stage is StageName.Final)
            return Final(FinalContenders.Of(plan, shape, past));
        if (OpenChoices.IsClosed(space, key))
            return new RefinementMove.CloseStep(Stage.Close(key, OpenChoices.Of(space, key)[0]));

        var n = key.Stage is StageName.Start ? plan.Compute.StartSamples : plan.Compute.SamplesPerChoice;
        var drawn = new StepSampler(new RandomSampler(), shape, plan.Budget.Cap(shape), plan.Methods).Sample(space, key, n, plan.Seed);
        return drawn.Step.Choices.Count switch
        {
            0 => throw new ArgumentException($"{key}: no design fits the budget; raise it", nameof(plan)),
            1 when key.Stage is not StageName.Start => new RefinementMove.CloseStep(
                Stage.Close(key, OpenChoices.Of(space, key).First(choice => choice.Index == drawn.Step.Choices[0].Index), drawn.Notes)),
            _ => new RefinementMove.RunStep(drawn.Step, drawn.Notes),
        };
    }

    /// <summary>The space that the decisions so far leave open.</summary>
    public static DesignSpace Space(StudyPlan plan, BackboneShape shape, IReadOnlyList<DecidedStep> past) => Replay(plan, shape, past).Space;

    private static (DesignSpace Space, StageKey? Next) Replay(StudyPlan plan, BackboneShape shape, IReadOnlyList<DecidedStep> past)
    {
        var built = SpaceBuilder.Build(plan.Space ?? throw new ArgumentException("space: the plan has neither a space nor a design", nameof(plan)), shape, plan.Methods);
        var space = built.Space ?? throw new ArgumentException(string.Join("; ", built.Problems.Select(problem => $"{problem.Field}: {problem.Message}")), nameof(plan));
        StageKey? key = new StageKey(StageName.Start);
        foreach (var step in past)
        {
            if (step.Decision.Key != key || step.Step.Key != key)
                throw new ArgumentException($"step {step.Decision.Key} was decided where {(key is null ? "nothing" : key)} comes next", nameof(past));
            if (key.Value.Stage is not StageName.Final)
                space = OpenChoices.Of(space, key.Value).First(choice => choice.Index == step.Decision.Winner).Space;
            key = After(key.Value, space);
        }

        return (space, key);
    }

    /// <summary>S4 visits the groups that are tuned; a frozen group has nothing to choose.</summary>
    private static StageKey? After(StageKey key, DesignSpace space) => key.Stage switch
    {
        StageName.Start => new StageKey(StageName.Grouping),
        StageName.Grouping => new StageKey(StageName.Allocation),
        StageName.Allocation => new StageKey(StageName.TunableGroups),
        StageName.TunableGroups or StageName.Strategies => space.Tunables
            .SelectMany(tunable => tunable.Groups).Where(group => group > key.Group).Order().Select(group => new StageKey(StageName.Strategies, group))
            .FirstOrDefault(new StageKey(StageName.Final)),
        _ => null,
    };

    private static RefinementMove.RunFinal Final(FinalStep final) => new(final.Step, final.LeftOut);
}
