using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>An adapter with every parameter moved, and its folder in the studio's own layout.</summary>
internal static partial class TrainedAdapter
{
    /// <summary>A task of texts to be written, by its name.</summary>
    public static readonly TaskDefinition Texts = new(
        "headlines", "t.csv", "d.csv", Column.At(0), null, Column.At(1), null, null, [TaskMetric.RougeL], TaskFileFormat.Csv, generation: new TextGeneration(8, 2, "summarize: "));

    /// <param name="backbone">whose layers the design groups</param>
    /// <param name="parsed">the design</param>
    /// <param name="sizes">of its methods</param>
    /// <param name="methods">at least those that the design names</param>
    /// <param name="task">the name of one of GLUE's, or of <see cref="Texts"/></param>
    /// <param name="folder">where to</param>
    /// <param name="tensors">what to write; the model's own where null</param>
    public static TunedModel Write(
        Backbone backbone, Design parsed, DesignSizes sizes, ValueList<PeftMethod> methods, string task, string folder, Func<TunedModel, IReadOnlyList<SafetensorsTensor>>? tensors = null)
    {
        var definition = task == Texts.Name ? Texts : GlueTasks.Find(task).ShouldNotBeNull();
        var head = backbone.Config.T5 is not null || definition.Generation is not null ? HeadPlan.LanguageModel : definition.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(definition.Outputs);
        var tuned = TunedModel.Create(backbone, parsed, sizes, methods, head, new InitialisationSeed(1, 2));
        Disturb(tuned);
        var score = new RowsScore(50, [], false);
        var manifest = new AdapterManifest(
            AdapterManifest.CurrentFormat, new AdapterBackbone("tiny", backbone.Hash, backbone.Config.ModelType), new string('c', 64), parsed, sizes, methods,
            new AdapterTask(new string('d', 64), definition), new AdapterTraining(new TrainingPlan(), 1, 1, "rule", 1, 2),
            new AdapterScores(1, score, null, tuned.Parameters.BackboneCount, tuned.Parameters.HeadCount), new AdapterVersions("1", "cpu"));
        AdapterFolder.Write(folder, manifest, SafetensorsWriter.ToBytes((tensors ?? AdapterTensors.Of)(tuned)));
        return tuned;
    }

    /// <summary>Moves every parameter, so that everything a module does shows.</summary>
    public static void Disturb(TunedModel model, ulong seed = 9)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(seed);
        // Many layers, or two stacks, add up what each is moved by.
        var deviation = model.Backbone.Config is { Decoder: null, Layers: <= 4 } ? 0.2 : 0.1;
        foreach (var parameter in model.Parameters.Parameters)
        {
            using var noise = empty(parameter.Value.shape, ScalarType.Float32).normal_(0, deviation, generator);
            // A bottleneck of two or three units may have none that any token wakes.
            if (parameter.Name.EndsWith("down.bias", StringComparison.Ordinal))
                noise.add_(3);
            parameter.Value.add_(noise);
        }
    }
}
