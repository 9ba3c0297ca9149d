using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Parts;

/// <summary>Stages as the pages name them.</summary>
public static class Stages
{
    public static string Title(StageKey key) => key.Stage switch
    {
        StageName.Start => "S0 start",
        StageName.Grouping => "S1 grouping",
        StageName.Allocation => "S2 allocation",
        StageName.TunableGroups => "S3 tunable groups",
        StageName.Strategies => $"S4 strategy of G{key.Group}",
        _ => "Final comparison",
    };
}
