using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Samplers;

/// <summary>One choice of the component that a step decides, and the space that is left if it is kept.</summary>
public sealed record OpenChoice(int Index, string Label, DesignSpace Space);

/// <summary>The choices of a step of the refinement, in the order of the space's lists.</summary>
public static class OpenChoices
{
    /// <summary>One choice for S0, the whole space. A group that no open set tunes has one choice, "frozen", which changes nothing.</summary>
    public static ValueList<OpenChoice> Of(DesignSpace space, StageKey key) => key.Stage switch
    {
        StageName.Start => [new OpenChoice(0, "Whole space", space)],
        StageName.Grouping => List(space.Patterns, pattern => pattern.ToString(), space.With),
        StageName.Allocation => List(space.Allocations, allocation => allocation.ToString(), space.With),
        StageName.TunableGroups => List(space.Tunables, tunable => tunable.ToString(), space.With),
        StageName.Strategies when key.Group < 1 || key.Group > space.GroupCount =>
            throw new ArgumentOutOfRangeException(nameof(key), $"{key}: the space has groups 1 to {space.GroupCount}"),
        StageName.Strategies when space.Tunables.Any(tunable => tunable.Contains(key.Group - 1)) =>
            List(space.Strategies[key.Group - 1], set => set.ToString(), set => space.With(key.Group - 1, set)),
        StageName.Strategies => [new OpenChoice(0, MethodSet.Empty.ToString(), space)],
        _ => throw new ArgumentOutOfRangeException(nameof(key), $"{key} chooses nothing of the space"),
    };

    /// <summary>Whether the step's component has one choice and so is decided without trials. S0 decides nothing and is always run.</summary>
    public static bool IsClosed(DesignSpace space, StageKey key) => key.Stage is not StageName.Start && Of(space, key).Count == 1;

    private static ValueList<OpenChoice> List<T>(ValueList<T> choices, Func<T, string> label, Func<T, DesignSpace> narrow) =>
        choices.Select((choice, i) => new OpenChoice(i, label(choice), narrow(choice))).ToValueList();
}
