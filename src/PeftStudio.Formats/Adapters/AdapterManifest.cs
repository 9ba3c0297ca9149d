using System.Text.Json.Serialization;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Adapters;

/// <summary>
/// adapter.json: all that is needed to put adapter.safetensors back into its backbone, to read the task's rows as it did, and to know how it came about. What
/// differs between two runs of one plan (ids, times, workers) is in <see cref="Run"/> alone.
/// </summary>
public sealed record AdapterManifest
{
    public const string CurrentFormat = "peftstudio-adapter-1";

    /// <exception cref="ArgumentException">Values that contradict each other, or a file of another version.</exception>
    [JsonConstructor]
    public AdapterManifest(
        string format,
        AdapterBackbone backbone,
        string tokenizerHash,
        Design design,
        DesignSizes sizes,
        ValueList<PeftMethod> methods,
        AdapterTask task,
        AdapterTraining training,
        AdapterScores scores,
        AdapterVersions versions,
        AdapterRun? run = null)
    {
        if (format != CurrentFormat)
            throw new ArgumentException($"'format' is '{format}'; this version reads {CurrentFormat}");
        AdapterChecks.Hash("tokenizerHash", tokenizerHash);
        AdapterChecks.Structure(design, sizes, methods);
        (Format, Backbone, TokenizerHash, Design, Sizes, Methods) = (format, backbone, tokenizerHash, design, sizes, methods);
        (Task, Training, Scores, Versions, Run) = (task, training, scores, versions, run);
    }

    public string Format { get; }

    public AdapterBackbone Backbone { get; }

    /// <summary>The tokenizer's identity: other ids would make the weights meaningless.</summary>
    public string TokenizerHash { get; }

    public Design Design { get; }

    public DesignSizes Sizes { get; }

    /// <summary>The methods that the design names, in full, so that a later version's names cannot change their meaning.</summary>
    public ValueList<PeftMethod> Methods { get; }

    public AdapterTask Task { get; }

    public AdapterTraining Training { get; }

    public AdapterScores Scores { get; }

    public AdapterVersions Versions { get; }

    public AdapterRun? Run { get; init; }

    /// <param name="plan">of a design; full fine-tuning leaves no adapter</param>
    /// <param name="result">of that plan</param>
    /// <param name="task">the definition behind the plan's task</param>
    /// <param name="methods">at least those that the design names</param>
    /// <param name="tokenizerHash">of the backbone's tokenizer</param>
    /// <param name="batchRule">the name of the rule by which rows became batches</param>
    /// <param name="versions">of what computed it</param>
    /// <param name="run">how this run went</param>
    public static AdapterManifest Of(
        TrialPlan plan, TrialResult result, TaskDefinition task, IEnumerable<PeftMethod> methods, string tokenizerHash, string batchRule, AdapterVersions versions, AdapterRun? run)
    {
        if (plan is not { Design: { } design, Sizes: { } sizes })
            throw new ArgumentException("full fine-tuning leaves no adapter", nameof(plan));
        return new AdapterManifest(
            CurrentFormat,
            new AdapterBackbone(plan.Backbone.Name, plan.Backbone.Hash, plan.Backbone.Shape.Architecture),
            tokenizerHash,
            design,
            sizes,
            methods.Where(method => design.Methods.Any(set => set.Contains(method.Name))).ToValueList(),
            new AdapterTask(plan.Task.Hash, task),
            new AdapterTraining(plan.Training, plan.Epochs, result.TrainedRows, batchRule, plan.StudySeed, plan.TrainingSeed),
            new AdapterScores(result.BestEpoch, result.Decision, result.Dev, result.TrainableParameters, result.HeadParameters),
            versions,
            run);
    }
}

public sealed record AdapterBackbone
{
    public AdapterBackbone(string name, string hash, string architecture)
    {
        AdapterChecks.Hash("backbone.hash", hash);
        (Name, Hash, Architecture) = (name, hash, architecture);
    }

    public string Name { get; }

    /// <summary><see cref="Safetensors.BackboneIdentity"/>'s.</summary>
    public string Hash { get; }

    /// <summary>model_type of its config.json.</summary>
    public string Architecture { get; }
}

/// <param name="Hash">of the definition and the files that it was trained on.</param>
/// <param name="Definition">columns, label names or score range, metrics.</param>
public sealed record AdapterTask(string Hash, [property: JsonConverter(typeof(TaskDefinitionConverter))] TaskDefinition Definition);

/// <param name="Rows">training rows.</param>
/// <param name="BatchRule">how rows became batches.</param>
public sealed record AdapterTraining(TrainingPlan Plan, int Epochs, int Rows, string BatchRule, long StudySeed, int TrainingSeed);

/// <summary>At the epoch that was kept. <paramref name="Dev"/>: null where the official dev rows were not read.</summary>
public sealed record AdapterScores(int BestEpoch, RowsScore Decision, RowsScore? Dev, long TrainableParameters, long HeadParameters);

/// <param name="Studio">the studio's version.</param>
/// <param name="NumericProfile">what the bits depend on: device model, libtorch, precision, threads, kernels.</param>
public sealed record AdapterVersions(string Studio, string NumericProfile);

public sealed record AdapterRun(string Study, string Trial, int Attempt, string Worker, DateTimeOffset CompletedAt);
