using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Models.Tests;

/// <summary>An adapter with every parameter moved, and its folder in the studio's own layout.</summary>
internal static class TrainedAdapter
{
    /// <param name="backbone">with one layer for each group of the design</param>
    /// <param name="design">as <see cref="MethodCases.Parse"/> reads it</param>
    /// <param name="task">the name of one of GLUE's</param>
    /// <param name="folder">where to</param>
    /// <param name="tensors">what to write; the model's own where null</param>
    public static TunedModel Write(Backbone backbone, string design, string task, string folder, Func<TunedModel, IReadOnlyList<SafetensorsTensor>>? tensors = null)
    {
        var (parsed, sizes) = MethodCases.Parse(design, backbone.Shape);
        return Write(backbone, parsed, sizes, MethodCases.Methods.ToValueList(), task, folder, tensors);
    }

    /// <param name="methods">at least those that the design names</param>
    public static TunedModel Write(
        Backbone backbone, Design parsed, DesignSizes sizes, ValueList<PeftMethod> methods, string task, string folder, Func<TunedModel, IReadOnlyList<SafetensorsTensor>>? tensors = null)
    {
        var definition = GlueTasks.Find(task).ShouldNotBeNull();
        var head = backbone.Config.T5 is not null ? HeadPlan.LanguageModel : definition.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(definition.Outputs);
        var tuned = TunedModel.Create(backbone, parsed, sizes, methods, head, new InitialisationSeed(1, 2));
        MethodCases.Disturb(tuned);
        var score = new RowsScore(50, [], false);
        var manifest = new AdapterManifest(
            AdapterManifest.CurrentFormat, new AdapterBackbone("tiny", backbone.Hash, backbone.Config.ModelType), new string('c', 64), parsed, sizes, methods,
            new AdapterTask(new string('d', 64), definition), new AdapterTraining(new TrainingPlan(), 1, 1, "rule", 1, 2),
            new AdapterScores(1, score, null, tuned.Parameters.BackboneCount, tuned.Parameters.HeadCount), new AdapterVersions("1", "cpu"));
        AdapterFolder.Write(folder, manifest, SafetensorsWriter.ToBytes((tensors ?? AdapterTensors.Of)(tuned)));
        return tuned;
    }
}
