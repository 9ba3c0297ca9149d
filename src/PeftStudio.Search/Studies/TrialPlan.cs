using System.Text.Json.Serialization;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Studies;

public enum EvaluationRows
{
    /// <summary>Rows set aside from the training rows (or dev, where the study decides on dev): for decisions and the best epoch.</summary>
    Decision,

    /// <summary>Decision rows choose the epoch, then the official dev rows are read once.</summary>
    DecisionThenDev,
}

/// <summary>One training run, complete: what a bare worker needs besides the backbone's and the task's files.</summary>
/// <param name="Design">null: full fine-tuning.</param>
/// <param name="Sizes">null where <paramref name="Design"/> is.</param>
/// <param name="TrainingSeed">the sample index (stages) or the seed's number (final comparison): fixes data order, dropout and initialisation.</param>
public sealed record TrialPlan(
    BackboneAsset Backbone,
    TaskAsset Task,
    Design? Design,
    DesignSizes? Sizes,
    TrainingPlan Training,
    int Epochs,
    int? TrainingRows,
    double DecisionShare,
    int DecisionRowsAtMost,
    DecisionRows DecideOn,
    EvaluationRows Evaluate,
    long StudySeed,
    int TrainingSeed,
    bool KeepAdapter)
{
    /// <summary>Those of the study's own methods that the design names, in full.</summary>
    [OmittedWhenEmpty]
    public ValueList<PeftMethod> OwnMethods { get; init; } = [];

    /// <summary>Every method that the design may name.</summary>
    [JsonIgnore]
    public ValueList<PeftMethod> Methods => NamedMethods.With(OwnMethods);
}
