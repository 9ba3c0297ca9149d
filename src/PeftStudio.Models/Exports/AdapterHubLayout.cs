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

    public string? Against(ModulePlacement module, InsertionPlan plan) => module switch
    {
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.BeforeResidual } => "AdapterHub's bottlenecks have a nonlinearity and biases",
        { Form: FunctionalForm.KeyValue, Gated: false } => "AdapterHub has prefixes with softmax, no multi-head adapter",
        { Form: FunctionalForm.Rescaling, Site: ModifiedRepresentation.FeedForwardActivation } => "AdapterHub's (IA)3 multiplies before the activation, this one after it",
        { Form: FunctionalForm.LowRank or FunctionalForm.Rescaling, Site: ModifiedRepresentation.AttentionOutput } =>
            "AdapterHub's LoRA and (IA)3 have q, k, v and the two feed-forward products, not the attention's output",
        { Form: FunctionalForm.LowRank, Scale: < 0 } => "its scale is below 0, and LoRA's alpha is not",
        { Form: FunctionalForm.LowRank or FunctionalForm.Rescaling or FunctionalForm.Bottleneck } => Before(module, plan) is { } other
            ? $"AdapterHub has one place for it, and '{other.Method}' is there"
            : null,
        { Form: FunctionalForm.KeyValue } => null,
        _ => $"this version does not write the form {module.Form} for AdapterHub",
    };

    public string? Against(TrainedTensor tensor) => ParameterGroups.Decays(tensor.Key) ? "AdapterHub carries no weights of the backbone itself" : null;

    /// <summary>The module of the same architecture that takes the place: a second one would read what the first gives, where the studio adds what both give.</summary>
    private static ModulePlacement? Before(ModulePlacement module, InsertionPlan plan) => plan.Modules.TakeWhile(m => m != module)
        .FirstOrDefault(m => m.Layer == module.Layer && m.Site == module.Site && (m.Form == FunctionalForm.Bottleneck) == (module.Form == FunctionalForm.Bottleneck)
            && m is { Form: FunctionalForm.Bottleneck } or { Form: FunctionalForm.Rescaling } or { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel });

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var wrapper = BackboneKeys.Prefix(source.Backbone.Config.ModelType);
        var unions = Unions(source.Model.Plan.Modules, source.Groupings[0].Sizes, source.Name).ToArray();
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
        if (whole.Where(part => part.Kind.Alone is not null).GroupBy(part => part.Kind.Alone, StringComparer.Ordinal).All(alike => alike.Count() == 1))
        {
            yield return (name, whole);
            yield break;
        }
        for (var (g, first) = (0, 0); g < groups.Count; first += groups[g++])
        {
            var parts = AdapterHubConfiguration.Of(modules.Where(m => m.Layer >= first && m.Layer < first + groups[g])).ToArray();
            var rounds = parts.GroupBy(part => part.Kind.Alone, StringComparer.Ordinal)
                .SelectMany(alike => alike.Select((part, i) => (part, Round: alike.Key is null ? 0 : i)))
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
