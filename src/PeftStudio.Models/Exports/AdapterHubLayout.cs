using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// AdapterHub's layout for adapters 1.2: one union where one adapter can carry the design; else an adapter for each group of layers and stack.json, which names them from the
/// bottom. Trained biases and the head have files of their own; a model that writes keeps the checkpoint's head.
/// </summary>
internal sealed class AdapterHubLayout(BackboneConfig config) : IExportLayout
{
    // In this version a T5 adapter reads its sub-layer's input and output in order; 3.1 exchanged them.
    private const string Version = "adapters.1.2.0";

    private readonly AdapterHubPlaces places = AdapterHubPlaces.Of(config, AdapterHubVersion.Of(Version));

    public string? AgainstParts => null;

    public string? Against(ModulePlacement module, InsertionPlan plan) => Whole(module) switch
    {
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.BeforeResidual } => "AdapterHub's bottlenecks have a nonlinearity and biases",
        { Form: FunctionalForm.KeyValue, Gated: false } => "AdapterHub has prefixes with softmax, no multi-head adapter",
        { Form: FunctionalForm.KeyValue } when places.PrefixCountsAsTokens => "AdapterHub counts a prefix of T5 as tokens, which moves the keys' relative positions; the studio's moves none",
        { Form: FunctionalForm.Rescaling, Site: ModifiedRepresentation.FeedForwardActivation } => "AdapterHub's (IA)3 multiplies before the activation, this one after it",
        { Form: FunctionalForm.LowRank or FunctionalForm.Rescaling, Site: ModifiedRepresentation.AttentionOutput or ModifiedRepresentation.AttentionHeads } =>
            "AdapterHub's LoRA and (IA)3 have q, k, v and the two feed-forward products, not the attention's output",
        { Form: FunctionalForm.LowRank, Scale: < 0 } => "its scale is below 0, and LoRA's alpha is not",
        { Form: FunctionalForm.Bottleneck, IsCross: true } => "behind the attention to the encoder AdapterHub has bottlenecks by a switch, cross_adapter, that this version does not write",
        { Form: FunctionalForm.LowRank or FunctionalForm.Rescaling or FunctionalForm.Bottleneck } => Before(module, plan) is { } other
            ? $"AdapterHub has one place for it, and '{other.Method}' is there"
            : null,
        { Form: FunctionalForm.KeyValue } => null,
        _ => $"this version does not write the form {module.Form} for AdapterHub",
    };

    public string? Against(TrainedTensor tensor) => tensor.Added is not null ? "T5 has no biases, so AdapterHub's model has no room for new ones"
        : ParameterGroups.Decays(tensor.Key) ? "AdapterHub carries no weights of the backbone itself" : null;

    /// <summary>The module of the same architecture that takes the place: a second one would read what the first gives, where the studio adds what both give.</summary>
    private ModulePlacement? Before(ModulePlacement module, InsertionPlan plan) => plan.Modules.TakeWhile(m => m != module).Select(Whole)
        .FirstOrDefault(m => m.Stack == module.Stack && m.Layer == module.Layer && m.IsCross == module.IsCross && m.Site == module.Site && (m.Form == FunctionalForm.Bottleneck) == (Whole(module).Form == FunctionalForm.Bottleneck)
            && m is { Form: FunctionalForm.Bottleneck } or { Form: FunctionalForm.Rescaling } or { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel });

    /// <summary>
    /// As AdapterHub has it: a bottleneck of low-rank weights is one of whole weights (see <see cref="Value"/>); the vector behind a gated T5's activation stands at the product that
    /// the activation gates, which is the same: (act(x A) * x B) * l = act(x A) * (x B * l).
    /// </summary>
    private ModulePlacement Whole(ModulePlacement module) => module switch
    {
        { Form: FunctionalForm.LowRankBottleneck } => module with { Form = FunctionalForm.Bottleneck, Size = LowRankBottlenecks.Bottleneck(config.HiddenSize) },
        { Form: FunctionalForm.Rescaling, Site: ModifiedRepresentation.FeedForwardActivation } when config.T5 is { IsGated: true } =>
            module with { Site = ModifiedRepresentation.FeedForwardInner },
        _ => module,
    };

    /// <summary>A parameter, or a weight that the studio keeps as two factors.</summary>
    private static Tensor Value(ExportSource source, string parameter)
    {
        if (source.Model.Parameters.Contains(parameter))
            return source.Value(parameter);
        var side = parameter[..parameter.LastIndexOf('.')];
        return new LowRankWeight(source.Value($"{side}.left"), source.Value($"{side}.right")).Whole(ScalarType.Float32);
    }

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var unions = Unions(source).ToArray();
        foreach (var (name, parts) in unions)
            WriteAdapter(source, unions.Length == 1 && name == source.Name ? folder : Directory.CreateDirectory(Path.Join(folder, name)).FullName, name, parts);
        var hasHead = !source.Model.Head.IsLanguageModel;
        if (hasHead)
            WriteHead(source, folder);
        var trained = source.Model.Plan.Tensors;
        if (trained.Count > 0)
            SafetensorsWriter.Write(Path.Join(folder, AdapterHubFiles.Biases), trained.Select(t => AdapterTensors.ToTensor(source.Wrapper + t.Key, source.Value(t.Key))));
        var stacked = unions.Length > 0 && !(unions.Length == 1 && unions[0].Name == source.Name);
        if (stacked)
            JsonText.WriteSorted(Path.Join(folder, AdapterHubFiles.Stack), new JsonObject { ["stack"] = new JsonArray([.. unions.Select(u => JsonValue.Create(u.Name))]) });
        return AdapterHubNotes.Of([.. unions.Select(u => u.Name)], stacked, hasHead, trained.Count > 0, unions.Any(u => u.Parts.Any(part => part.Kind is { Form: FunctionalForm.LowRank, Scale: not 1 })), AdapterHubFiles.ModelClass(config, source.Model.Head));
    }

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        return ComparisonRows.Logits(adapter.Model, rows);
    }

    /// <summary>The adapters that carry the modules: one, with the source's name; or for each group g1, g2, ..., and g1_2 where a group holds two LoRAs or prefixes, such as one a stack.</summary>
    private IEnumerable<(string Name, AdapterHubConfiguration[] Parts)> Unions(ExportSource source)
    {
        // What has no place is not carried.
        var modules = source.Model.Plan.Modules.Select(Whole).Select(m => new AdapterHubModule(m, places.For(m)!)).ToArray();
        var whole = AdapterHubConfiguration.Of(modules).ToArray();
        if (whole.Length == 0)
            yield break;
        if (whole.Where(part => part.Kind.Alone is not null).GroupBy(part => part.Kind.Alone, StringComparer.Ordinal).All(alike => alike.Count() == 1))
        {
            yield return (source.Name, whole);
            yield break;
        }
        foreach (var group in modules.GroupBy(m => Group(source, m.Module)).OrderBy(group => group.Key))
        {
            var rounds = AdapterHubConfiguration.Of(group).GroupBy(part => part.Kind.Alone, StringComparer.Ordinal)
                .SelectMany(alike => alike.Select((part, i) => (part, Round: alike.Key is null ? 0 : i)))
                .GroupBy(p => p.Round, p => p.part).OrderBy(round => round.Key);
            foreach (var round in rounds)
                yield return (round.Key == 0 ? $"g{group.Key}" : $"g{group.Key}_{round.Key + 1}", [.. round]);
        }
    }

    /// <summary>The group of the module's layer, from 1.</summary>
    private static int Group(ExportSource source, ModulePlacement module)
    {
        var sizes = source.Groupings[module.Stack == "decoder" ? 1 : 0].Sizes;
        var (group, end) = (1, sizes[0]);
        while (end <= module.Layer)
            end += sizes[group++];
        return group;
    }

    private void WriteAdapter(ExportSource source, string folder, string name, AdapterHubConfiguration[] parts)
    {
        var configs = parts.Select(part => part.Json(places, source.Backbone.Config.HiddenSize)).ToArray();
        var whole = configs.Length == 1 ? configs[0] : new JsonObject { ["architecture"] = "union", ["configs"] = new JsonArray([.. configs]) };
        JsonText.WriteSorted(Path.Join(folder, AdapterHubFiles.Config), About(source, name, whole));
        SafetensorsWriter.Write(
            Path.Join(folder, AdapterHubFiles.Weights),
            parts.SelectMany(part => part.Tensors(name, source.Wrapper)).Select(t => AdapterTensors.ToTensor(t.Key, t.Join(parameter => Value(source, parameter)))), Metadata);
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
        ["model_class"] = AdapterHubFiles.ModelClass(source.Backbone.Config, source.Model.Head),
        ["model_name"] = source.BackboneName,
        ["model_type"] = source.Backbone.Config.ModelType,
        ["name"] = name,
        ["version"] = Version,
    };

    /// <summary>Readers of safetensors for PyTorch ask for it.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
}
