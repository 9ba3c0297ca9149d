using System.Text.Json.Serialization;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Studies;

/// <summary>
/// Everything a person decides about a study: the form, the YAML and the API are views of this one value. Asset names are resolved when
/// the study is created; <see cref="StudyAssets"/> keeps what they were then.
/// </summary>
public sealed record StudyPlan
{
    public required string Name { get; init; }

    public string Note { get; init; } = "";

    public required string Backbone { get; init; }

    public required ValueList<string> Tasks { get; init; }

    /// <summary>The study's seed: every draw of the search and of the training derives from it.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Methods that the plan builds from the four dimensions, named in it like the literature's.</summary>
    [OmittedWhenEmpty]
    public ValueList<PeftMethod> OwnMethods { get; init; } = [];

    /// <summary>Every method that the plan may name: the literature's, then its own.</summary>
    [JsonIgnore]
    public ValueList<PeftMethod> Methods => NamedMethods.With(OwnMethods);

    /// <summary>Null where <see cref="Design"/> is trained without a search.</summary>
    public SpacePlan? Space { get; init; } = new();

    /// <summary>One design, trained on the tasks without a search; null for a search.</summary>
    public Design? Design { get; init; }

    public Budget Budget { get; init; } = new(percent: 0.5);

    public ComputePlan Compute { get; init; } = new();

    public FinalPlan Final { get; init; } = new();

    public TrainingPlan Training { get; init; } = new();
}

/// <summary>The design space as a person writes it; <c>DesignSpace</c> is what it comes to.</summary>
public sealed record SpacePlan
{
    public int Groups { get; init; } = 4;

    public ValueList<LayerPattern> Groupings { get; init; } =
        [LayerPattern.Uniform, LayerPattern.Spindle, LayerPattern.Bottleneck, LayerPattern.Increasing, LayerPattern.Decreasing];

    public ValueList<AllocationPattern> Allocations { get; init; } =
        [AllocationPattern.Increasing, AllocationPattern.Uniform, AllocationPattern.Decreasing];

    /// <summary>Lists of group numbers from 1; empty: the default sets for this number of groups.</summary>
    public ValueList<ValueList<int>> TunableGroups { get; init; } = [];

    public ValueList<string> Methods { get; init; } = ["adapter", "prefix", "bitfit", "lora"];

    /// <summary>One list of method sets for every group, or one list a group; empty: every non-empty set of <see cref="Methods"/>.</summary>
    public ValueList<ValueList<ValueList<string>>> Strategies { get; init; } = [];
}

/// <summary>The short regime in which the stages compare.</summary>
public sealed record ComputePlan
{
    /// <summary>n: designs sampled for each open choice of a step.</summary>
    public int SamplesPerChoice { get; init; } = 8;

    /// <summary>Designs drawn from the whole space in S0.</summary>
    public int StartSamples { get; init; } = 8;

    public int Epochs { get; init; } = 3;

    /// <summary>Training rows a task; null: all.</summary>
    public int? RowsPerTask { get; init; } = 1000;

    /// <summary>Share of the training rows that is set aside for decisions and for the choice of the best epoch.</summary>
    public double DecisionShare { get; init; } = 0.1;

    public int DecisionRowsAtMost { get; init; } = 1000;

    public DecisionRows DecideOn { get; init; } = DecisionRows.PartOfTrain;

    /// <summary>Wall-clock limit of the study in minutes; null: none. Reached, the study concludes with what it has.</summary>
    public double? WallClockMinutes { get; init; }
}

public enum DecisionRows
{
    /// <summary>A seeded part of the training rows; the official dev rows stay untouched until the final table.</summary>
    PartOfTrain,

    /// <summary>The official dev rows, as the papers may have done; named wherever its numbers are shown.</summary>
    Dev,
}

/// <summary>The long regime of the final comparison.</summary>
public sealed record FinalPlan
{
    public int Seeds { get; init; } = 5;

    public int Epochs { get; init; } = 10;

    public int? RowsPerTask { get; init; }

    public bool BestOfStart { get; init; } = true;

    public bool SingleMethods { get; init; } = true;

    /// <summary>Prefix and scaled parallel adapter on all layers: the unified view's own design.</summary>
    public bool Mam { get; init; }

    public bool FullFineTuning { get; init; } = true;
}
