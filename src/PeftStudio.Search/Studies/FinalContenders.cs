using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Studies;

/// <summary>The final comparison, ready to run. <paramref name="LeftOut"/>: contenders that do not fit the budget, a sentence each.</summary>
public sealed record FinalStep(StageStep Step, ValueList<string> LeftOut);

/// <summary>
/// What the final comparison trains: the found design first, then S0's best, each single method on all layers at the same budget, MAM, full fine-tuning; the samples of each are
/// training seeds. Contenders whose layers come out the same are shown once, labelled with both.
/// </summary>
public static class FinalContenders
{
    public const string Found = "Found design";
    public const string Given = "The design";
    public const string BestOfStart = "S0's best";
    public const string FullFineTuning = "Full fine-tuning";

    private sealed record Contender(string Label, Design? Design, DesignSizes? Sizes);

    /// <param name="past">every decided step before the final one; empty where the plan has a design.</param>
    /// <exception cref="ArgumentException">the plan's design does not fit its budget.</exception>
    public static FinalStep Of(StudyPlan plan, BackboneShape shape, IReadOnlyList<DecidedStep> past)
    {
        var contenders = new List<Contender>();
        var leftOut = new List<string>();
        if (plan.Design is { } given)
        {
            Add(contenders, shape, Sized(Given, given, plan, shape, out var infeasible)
                ?? throw new ArgumentException($"budget: {infeasible?.Reason}", nameof(plan)));
        }
        else
        {
            Add(contenders, shape, Best(Found, past.Last(step => step.Step.Key.Stage is not StageName.Final && !step.Decision.Closed), plan.Tasks));
            if (plan.Final.BestOfStart)
                Add(contenders, shape, Best(BestOfStart, past[0], plan.Tasks));
            foreach (var (label, methods) in OnAllLayers(plan))
            {
                if (Sized(label, OnAllLayers(methods, plan, shape), plan, shape, out var infeasible) is { } sized)
                    Add(contenders, shape, sized);
                else
                    leftOut.Add($"{label} is left out: {infeasible?.Reason}.");
            }

            if (plan.Final.FullFineTuning)
                Add(contenders, shape, new Contender(FullFineTuning, null, null));
        }

        var choices = contenders.Select((contender, index) => new StageChoice(
            index,
            contender.Label,
            Enumerable.Range(0, plan.Final.Seeds).Select(seed => new SampledDesign(seed, contender.Design, contender.Sizes)).ToValueList()));
        return new FinalStep(new StageStep(new StageKey(StageName.Final), choices.ToValueList()), leftOut.ToValueList());
    }

    /// <summary>The contenders that are one set of methods on all layers, each with its label.</summary>
    public static IEnumerable<(string Label, MethodSet Methods)> OnAllLayers(StudyPlan plan)
    {
        if (plan.Space is not { } space)
            yield break;
        foreach (var method in plan.Final.SingleMethods ? space.Methods.Distinct(StringComparer.Ordinal) : [])
            yield return ($"{plan.Methods.First(known => string.Equals(known.Name, method, StringComparison.Ordinal)).Title} on all layers", new MethodSet([method]));
        if (plan.Final.Mam)
            yield return ("MAM on all layers", NamedMethods.Mam);
    }

    /// <summary>The methods on every layer, allocated uniformly; its groups are those of the uniform pattern.</summary>
    public static Design OnAllLayers(MethodSet methods, StudyPlan plan, BackboneShape shape)
    {
        var groups = plan.Space?.Groups ?? 1;
        return new Design(
            LayerPattern.Uniform,
            shape.Stacks.Select(stack => GroupingVectors.Uniform(stack.Layers, groups)).ToValueList(),
            AllocationPattern.Uniform,
            new TunableGroups(Enumerable.Range(1, groups).ToValueList()),
            Enumerable.Repeat(methods, groups).ToValueList());
    }

    /// <summary>
    /// The design with the best mean among the samples of the step's winning choice, so with its size vectors; replicates count together, of equal means the first index wins.
    /// </summary>
    private static Contender Best(string label, DecidedStep step, IReadOnlyList<string> tasks)
    {
        var samples = step.Step.Choices.First(choice => choice.Index == step.Decision.Winner).Samples;
        var scores = ChoiceScores.Of(step.Step, step.Runs, tasks).First(choice => choice.Choice == step.Decision.Winner)
            .Indices.ToDictionary(index => index.Sample, index => index.Score);
        var best = samples.Where(sample => scores.ContainsKey(sample.Index))
            .GroupBy(sample => sample.Design)
            .OrderByDescending(same => same.Average(sample => scores[sample.Index])) // stable: groups come in the order of their first index
            .First().First();
        return new Contender(label, best.Design, best.Sizes);
    }

    private static Contender? Sized(string label, Design design, StudyPlan plan, BackboneShape shape, out InfeasibleDesign? infeasible)
    {
        var result = BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods);
        infeasible = result.Infeasible;
        return result.Sizes is { } sizes ? new Contender(label, design, sizes) : null;
    }

    private static void Add(List<Contender> contenders, BackboneShape shape, Contender next)
    {
        var layers = Layers(next, shape);
        var same = contenders.FindIndex(other => Layers(other, shape).Equals(layers));
        if (same < 0)
            contenders.Add(next);
        else
            contenders[same] = contenders[same] with { Label = $"{contenders[same].Label} = {next.Label}" };
    }

    /// <summary>What each layer gets, whatever the groups that it came from; empty for full fine-tuning.</summary>
    private static ValueList<string> Layers(Contender contender, BackboneShape shape) => contender is not { Design: { } design, Sizes: { } sizes } ? [] : (
        from stack in Enumerable.Range(0, shape.Stacks.Count)
        from place in design.Groupings[stack].Sizes.SelectMany((layers, number) => Enumerable.Repeat(number, layers))
        select string.Join("+", sizes.Sizes
            .Where(size => string.Equals(size.Stack, shape.Stacks[stack].Name, StringComparison.Ordinal) && size.Group == place)
            .Select(size => FormattableString.Invariant($"{size.Method}:{size.Size}")))).ToValueList();
}
