using System.Text.Json.Nodes;
using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;

namespace PeftStudio.Models.Peft;

/// <summary>
/// AdapterHub's classification head: dropout, [dense, tanh, dropout,] out, numbered in that order. One layer behind the pooler that a BERT checkpoint brings;
/// two where the dense product was trained.
/// </summary>
internal static class AdapterHubHead
{
    public static (HeadPlan Plan, ForeignFile File) Read(string folder, Backbone backbone)
    {
        var root = JsonFields.Read(Path.Join(folder, AdapterHubFiles.HeadConfig));
        var (config, name) = (root.Object("config"), root.String("name"));
        if (backbone.Config.T5 is not null)
            throw root.Wrong("config", "describes a head, and T5 has none that classifies: its labels are words");
        if (config.String("head_type") is not "classification" and var type)
            throw config.Wrong("head_type", $"is '{type}'; 'classification' is read");
        if (config.BoolOrNull("bias") is false)
            throw config.Wrong("bias", "is false; a head with biases is read");
        var (layers, frozen) = (config.Int("layers", 1, 2), HasFrozenDense(backbone));
        if (layers == 1 != frozen)
            throw config.Wrong("layers", $"is {layers}; for this backbone, {(frozen ? "which brings its pooler," : "whose dense product belongs to the head,")} {(frozen ? 1 : 2)} is read");
        if (layers == 2 && config.StringOrNull("activation_function") is not "tanh")
            throw config.Wrong("activation_function", "is not 'tanh', which alone is read");
        if ((config.BoolOrNull("use_pooler") ?? false) != frozen)
            throw config.Wrong("use_pooler", $"is {(frozen ? "false" : "true")}, which this version does not build");
        var outputs = config.Int("num_labels", 1);
        var path = Path.Join(folder, AdapterHubFiles.HeadWeights);
        using var file = SafetensorsFile.Open(path);
        var tensors = Tensors(backbone, name);
        if (file.Entries.FirstOrDefault(e => tensors.All(t => t.Key != e.Key)) is { } stranger)
            throw new SafetensorsException(path, stranger.Key, $"belongs to nothing that {AdapterHubFiles.HeadConfig} describes");
        return (HeadPlan.OfOutputs(outputs), new ForeignFile(path, tensors));
    }

    public static JsonObject Config(Backbone backbone, HeadPlan head, ValueList<string> labels)
    {
        var frozen = HasFrozenDense(backbone);
        return new JsonObject
        {
            ["head_type"] = "classification",
            ["num_labels"] = head.Outputs,
            ["layers"] = frozen ? 1 : 2,
            ["activation_function"] = frozen ? null : "tanh",
            ["label2id"] = head.IsRegression ? null : new JsonObject(labels.Select((label, i) => KeyValuePair.Create<string, JsonNode?>(label, i))),
            ["use_pooler"] = frozen,
            ["bias"] = true,
            ["dropout_prob"] = null,
        };
    }

    public static IReadOnlyList<ForeignTensor> Tensors(Backbone backbone, string name)
    {
        var layout = backbone.HeadLayout;
        return HasFrozenDense(backbone) ? [.. Linear(1, layout.Out)] : [.. Linear(1, layout.Dense), .. Linear(4, layout.Out)];

        IEnumerable<ForeignTensor> Linear(int place, string module) =>
            ((string[])["weight", "bias"]).Select(part => new ForeignTensor($"heads.{name}.{place}.{part}", $"{module}.{part}"));
    }

    private static bool HasFrozenDense(Backbone backbone) => backbone.HeadLayout.HasPooler && backbone.Contains(backbone.HeadLayout.Dense + ".weight");
}
