using System.Globalization;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>A structure of the literature, laid out for a backbone's depth, with the methods and the budget that it needs; <see cref="ReadyDesigns"/> lists them.</summary>
/// <param name="Says">its source, and what of it is not known or not the source's.</param>
public sealed record ReadyDesign(string Key, string Title, string Says, ValueList<MethodSet> Groups, LayerPattern Pattern)
{
    /// <summary>Methods that the literature's names do not cover; the plan gets them. Where they have sizes of their own, what the design costs is its budget.</summary>
    public ValueList<PeftMethod> Own { get; init; } = [];

    /// <summary>The source's budget in percent; null: it has none for every backbone.</summary>
    public double? Percent { get; init; }

    /// <summary>The source's learning rate, in multiples of the plan's rate that <see cref="Own"/> get; null: the plan's.</summary>
    public double? Rate { get; init; }

    private bool HasSizes => Own.Any(method => method.Size is not null);

    /// <summary>Why it is not for the backbone, too shallow or too small; null where it is.</summary>
    public string? Problem(BackboneShape shape) => shape.Stacks.Select(stack => stack.Layers < Groups.Count
        ? $"needs {Groups.Count} layers; the {stack.Name} has {stack.Layers}"
        : GroupingVectors.Problem(Pattern, stack.Layers, Groups.Count)).FirstOrDefault(problem => problem is not null)
        ?? (HasSizes && Cost(shape) is var cost && cost > shape.Parameters
            ? string.Create(CultureInfo.InvariantCulture, $"its sizes cost {cost:N0} trainable parameters; the backbone has {shape.Parameters:N0}")
            : null);

    /// <exception cref="ArgumentException">It has a <see cref="Problem"/>.</exception>
    public Design For(BackboneShape shape) => Problem(shape) is { } problem ? throw new ArgumentException($"{Title}: {problem}", nameof(shape)) : Laid(shape);

    /// <summary>The plan with this design, its methods and its budget; methods that another ready design brought leave.</summary>
    /// <exception cref="ArgumentException">It has a <see cref="Problem"/>.</exception>
    public StudyPlan Begin(StudyPlan plan, BackboneShape shape)
    {
        var left = ReadyDesigns.All.SelectMany(ready => ready.Own).Where(plan.OwnMethods.Contains).Aggregate(plan, (less, method) => OwnMethodEdits.Remove(less, method.Name));
        var begun = Own.Aggregate(left, OwnMethodEdits.Put) with { Design = For(shape), Training = Rated(left.Training) };
        return begun with { Budget = BudgetOn(shape) ?? begun.Budget };
    }

    /// <summary>The plan on another backbone, where it has this design as <see cref="Begin"/> gave it, and the other can have it; null where not.</summary>
    public StudyPlan? Follow(StudyPlan plan, BackboneShape from, BackboneShape to) =>
        plan.Design is { } design && IsIn(design, plan.Methods, from) && plan.Budget.Equals(BudgetOn(from) ?? plan.Budget) && Problem(to) is null
            ? plan with { Design = For(to), Budget = BudgetOn(to) ?? plan.Budget }
            : null;

    /// <summary>Whether a plan has this design, with these methods behind its names.</summary>
    public bool IsIn(Design design, ValueList<PeftMethod> methods, BackboneShape shape) => Problem(shape) is null && Own.All(methods.Contains) && For(shape).Equals(design);

    // Of the vectors that the pattern allows, the most even.
    private Design Laid(BackboneShape shape) => new(
        Pattern,
        shape.Stacks.Select(stack => GroupingVectors.Of(Pattern, stack.Layers, Groups.Count).MinBy(vector => vector.Sizes.Max() - vector.Sizes.Min())!).ToValueList(),
        AllocationPattern.Uniform,
        new TunableGroups(Enumerable.Range(1, Groups.Count).ToValueList()),
        Groups);

    // A rate of 0 or below is refused where it was typed, and no multiple of it is the source's.
    private TrainingPlan Rated(TrainingPlan training) => Rate is not { } rate || !(training.Rate > 0) ? training : training with
    {
        MethodRates = training.MethodRates.Where(other => !Own.Any(method => method.Name == other.Method))
            .Concat(Own.Select(method => new MethodRate(method.Name, Math.Round(rate / training.Rate, 8)))).OrderBy(other => other.Method, StringComparer.Ordinal).ToValueList(),
    };

    private Budget? BudgetOn(BackboneShape shape) => Percent is { } percent ? new Budget(percent: percent) : HasSizes ? new Budget(parameters: Cost(shape)) : null;

    private long Cost(BackboneShape shape) => BudgetSizes.SmallestTotal(Laid(shape), shape, NamedMethods.With(Own));
}
