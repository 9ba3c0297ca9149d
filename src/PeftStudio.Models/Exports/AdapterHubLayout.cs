using System.Text.Json.Nodes;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// AdapterHub's layout for adapters 1.2: one union where one adapter can carry the design; else an adapter for each group of layers and stack.json, which names them from the
/// bottom. Trained biases and the head have files of their own.
/// </summary>
internal sealed class AdapterHubLayout : IExportLayout
{
    private const string Version = "adapters.1.2.0";

    public string? AgainstParts => null;

    public string? Against(ModulePlacement module) => module switch
    {
        { Form: FunctionalForm.LowRank, Site: ModifiedRepresentation.AttentionOutput } => "AdapterHub's LoRA has q, k, v and the two feed-forward products, not the attention's output",
        { Form: FunctionalForm.LowRank or FunctionalForm.KeyValue } => null,
        { Form: FunctionalForm.Bottleneck, Site: ModifiedRepresentation.FeedForwardOutput, Scale: 1 } => null,
        _ => $"this version does not write the form {module.Form} at {module.Site} for AdapterHub",
    };

    public string? Against(TrainedTensor tensor) => ParameterGroups.Decays(tensor.Key) ? "AdapterHub carries no weights of the backbone itself" : null;

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var wrapper = BackboneKeys.Prefix(source.Backbone.Config.ModelType);
        var unions = Unions(source.Model.Plan.Modules, source.Groups, source.Name).ToArray();
        foreach (var (name, parts) in unions)
            WriteAdapter(source, unions.Length == 1 && name == source.Name ? folder : Directory.CreateDirectory(Path.Join(folder, name)).FullName, name, parts, wrapper);
        WriteHead(source, folder);
        var trained = source.Model.Plan.Tensors;
        if (trained.Count > 0)
            SafetensorsWriter.Write(Path.Join(folder, AdapterHubFiles.Biases), trained.Select(t => AdapterTensors.ToTensor(wrapper + t.Key, source.Value(t.Key))));
        var stacked = unions.Length > 0 && !(unions.Length == 1 && unions[0].Name == source.Name);
        if (stacked)
            JsonText.WriteSorted(Path.Join(folder, AdapterHubFiles.Stack), new JsonObject { ["stack"] = new JsonArray([.. unions.Select(u => JsonValue.Create(u.Name))]) });
        return Notes(unions.Select(u => u.Name).ToArray(), stacked, trained.Count > 0);
    }

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        return adapter.Model.Forward(rows, ForwardContext.Evaluation);
    }

    private static IEnumerable<string> Notes(string[] names, bool stacked, bool biases)
    {
        if (stacked)
            yield return $"One adapter of AdapterHub has one LoRA rank and one prefix length. These are {names.Length}, to be set active as Stack({string.Join(", ", names.Select(n => $"\"{n}\""))}).";
        if (biases)
            yield return $"AdapterHub has no BitFit: load {AdapterHubFiles.Biases} into the model yourself, model.load_state_dict(load_file(\"{AdapterHubFiles.Biases}\"), strict=False); it holds full values, not changes.";
    }

    /// <summary>The adapters that carry the modules: one, called <paramref name="name"/>; or for each group g1, g2, ..., and g1_2 where a group holds two LoRAs or prefixes.</summary>
    private static IEnumerable<(string Name, AdapterHubConfiguration[] Parts)> Unions(ValueList<ModulePlacement> modules, ValueList<int> groups, string name)
    {
        var whole = AdapterHubConfiguration.Of(modules).ToArray();
        if (whole.Length == 0)
            yield break;
        if (whole.Where(part => part.IsAlone).GroupBy(part => part.Form).All(form => form.Count() == 1))
        {
            yield return (name, whole);
            yield break;
        }
        for (var (g, first) = (0, 0); g < groups.Count; first += groups[g++])
        {
            var parts = AdapterHubConfiguration.Of(modules.Where(m => m.Layer >= first && m.Layer < first + groups[g])).ToArray();
            var rounds = parts.GroupBy(part => part.Form)
                .SelectMany(form => form.Select((part, i) => (part, Round: part.IsAlone ? i : 0)))
                .GroupBy(p => p.Round, p => p.part).OrderBy(round => round.Key);
            foreach (var round in rounds)
                yield return (round.Key == 0 ? $"g{g + 1}" : $"g{g + 1}_{round.Key + 1}", [.. round]);
        }
    }

    private static void WriteAdapter(ExportSource source, string folder, string name, AdapterHubConfiguration[] parts, string wrapper)
    {
        var configs = parts.Select(part => part.Json(source.Backbone)).ToArray();
        var config = configs.Length == 1 ? configs[0] : new JsonObject { ["architecture"] = "union", ["configs"] = new JsonArray([.. configs]) };
        JsonText.WriteSorted(Path.Join(folder, AdapterHubFiles.Config), About(source, name, config));
        SafetensorsWriter.Write(
            Path.Join(folder, AdapterHubFiles.Weights),
            parts.SelectMany(part => part.Tensors(name, wrapper)).Select(t => AdapterTensors.ToTensor(t.Key, t.Join(source.Value))), Metadata);
    }

    private static void WriteHead(ExportSource source, string folder)
    {
        JsonText.WriteSorted(Path.Join(folder, AdapterHubFiles.HeadConfig), About(source, source.Name, AdapterHubHead.Config(source.Backbone, source.Model.Head, source.Labels)));
        SafetensorsWriter.Write(
            Path.Join(folder, AdapterHubFiles.HeadWeights),
            AdapterHubHead.Tensors(source.Backbone, source.Name).Select(t => AdapterTensors.ToTensor(t.Key, t.Join(source.Value))), Metadata);
    }

    private static JsonObject About(ExportSource source, string name, JsonObject config) => new()
    {
        ["config"] = config,
        ["hidden_size"] = source.Backbone.Config.HiddenSize,
        ["model_class"] = AdapterHubFiles.ModelClass(source.Backbone.Config),
        ["model_name"] = source.BackboneName,
        ["model_type"] = source.Backbone.Config.ModelType,
        ["name"] = name,
        ["version"] = Version,
    };

    /// <summary>Readers of safetensors for PyTorch ask for it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
}
