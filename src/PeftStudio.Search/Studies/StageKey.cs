using System.Globalization;

namespace PeftStudio.Search.Studies;

public enum StageName
{
    /// <summary>S0: designs from the whole space, the control.</summary>
    Start = 0,
    Grouping = 1,
    Allocation = 2,
    TunableGroups = 3,

    /// <summary>S4, group by group.</summary>
    Strategies = 4,

    /// <summary>The final comparison in the long regime.</summary>
    Final = 5,
}

/// <summary>One step of the refinement. <paramref name="Group"/>: the layer group from 1 in S4, else 0.</summary>
public readonly record struct StageKey(StageName Stage, int Group = 0)
{
    public override string ToString() => Stage switch
    {
        StageName.Final => "Final",
        StageName.Strategies => string.Create(CultureInfo.InvariantCulture, $"S4.G{Group}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"S{(int)Stage}"),
    };
}
