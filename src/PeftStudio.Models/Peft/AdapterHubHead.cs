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
    /// <returns>Neither plan nor file, but why, of a head that AdapterHub has and this version does not build.</returns>
    public static (HeadPlan? Plan, ForeignFile? File, string? Note) Read(string folder, Backbone backbone)
    {
        var root = JsonFields.Read(Path.Join(folder, AdapterHubFiles.HeadConfig));
        var config = root.ObjectOrNull("config");
        if (backbone.Config.T5 is not null)
            return Unread(AdapterHubFiles.HeadConfig, "a T5 writes its answers with the checkpoint's own head");
        if (config is { } given && Unbuilt(given, backbone) is { } reason)
            return Unread(AdapterHubFiles.HeadConfig, reason);
        var path = Path.Join(folder, AdapterHubFiles.HeadWeights);
        using var file = SafetensorsFile.Open(path);
        var outKey = backbone.HeadLayout.Out + ".weight";
        if (config is null && !file.Contains(outKey))
            return Unread(AdapterHubFiles.HeadWeights, $"it has no {outKey}, so it classifies nothing");
        // The head of one of transformers' own classes has no description, and the names that it has there.
        var tensors = config is null ? OfClass(backbone) : Tensors(backbone, root.String("name"));
        if (file.Entries.FirstOrDefault(e => tensors.All(t => t.Key != e.Key)) is { } stranger)
            throw new SafetensorsException(path, stranger.Key, config is null ? "belongs to no head of this backbone's class" : $"belongs to nothing that {AdapterHubFiles.HeadConfig} describes");
        return (HeadPlan.OfOutputs(config?.Int("num_labels", 1) ?? Rows(file, path, outKey)), new ForeignFile(path, tensors), null);

        static (HeadPlan?, ForeignFile?, string?) Unread(string file, string reason) => (null, null, $"the prediction head in {file} is not read: {reason}; the backbone's own head is used");
    }

    private static string? Unbuilt(JsonFields config, Backbone backbone)
    {
        if (config.String("head_type") is not "classification" and var type)
            return $"its head_type is '{BoundedText.Of(type)}', and 'classification' is read";
        if (config.BoolOrNull("bias") is false)
            return "it has no biases";
        var (layers, frozen) = (config.Int("layers", 1), HasFrozenDense(backbone));
        if (layers != (frozen ? 1 : 2))
            return $"it has {layers} layers, and for this backbone, {(frozen ? "which brings its pooler, 1 is" : "whose dense product belongs to the head, 2 are")} read";
        if (layers == 2 && config.StringOrNull("activation_function") is not "tanh")
            return "its activation_function is not 'tanh'";
        return (config.BoolOrNull("use_pooler") ?? false) == frozen ? null : $"its use_pooler is {(frozen ? "false" : "true")}";
    }

    private static int Rows(SafetensorsFile file, string path, string key) => file.Entry(key).Shape is [>= 1 and <= int.MaxValue and var rows, ..]
        ? (int)rows
        : throw new SafetensorsException(path, key, $"has {file.Entry(key).Shape.Length} dimensions or no rows; a weight (outputs, width) is read");

    private static IReadOnlyList<ForeignTensor> OfClass(Backbone backbone)
    {
        var layout = backbone.HeadLayout;
        var modules = HasFrozenDense(backbone) ? new[] { layout.Out } : [layout.Dense, layout.Out];
        return [.. from module in modules from part in new[] { "weight", "bias" } select new ForeignTensor($"{module}.{part}", $"{module}.{part}")];
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
