using PeftStudio.Formats;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Reads AdapterHub's layout (adapter_config.json, adapter.safetensors): LoRA and (IA)3 on any product, bottleneck adapters, the flat prefix, and unions of these; and a
/// bare biases.safetensors, which holds the full new value of every bias.
/// </summary>
public static class AdapterHubFolder
{
    private const string ConfigName = "adapter_config.json";
    private const string WeightsName = "adapter.safetensors";
    private const string BiasesName = "biases.safetensors";
    private const string HeadName = "model_head.safetensors";

    /// <exception cref="InvalidDataException">Not this layout, or a configuration that this version does not build.</exception>
    /// <exception cref="SafetensorsException">The weights do not fit the configuration.</exception>
    public static ImportedAdapter Read(string folder, Backbone backbone)
    {
        var (config, biases) = (Path.Join(folder, ConfigName), Path.Join(folder, BiasesName));
        if (File.Exists(config))
            return ReadConfigured(folder, JsonFields.Read(config), backbone);
        if (File.Exists(biases))
            return ReadBiases(biases, backbone);
        throw new InvalidDataException($"{folder}: is no adapter: it has neither adapter.json, {ConfigName} nor {BiasesName}");
    }

    private static ImportedAdapter ReadConfigured(string folder, JsonFields root, Backbone backbone)
    {
        if (root.IntOrNull("hidden_size") is { } width && width != backbone.Config.HiddenSize)
            throw root.Wrong("hidden_size", $"is {width}; the backbone's is {backbone.Config.HiddenSize}");
        var path = Path.Join(folder, WeightsName);
        using var file = SafetensorsFile.Open(path);
        var keys = file.Entries.ToDictionary(e => backbone.BareKey(e.Key), StringComparer.Ordinal);
        var (modules, tensors) = (new List<ModulePlacement>(), new List<ForeignTensor>());
        var (config, name) = (root.Object("config"), root.String("name"));
        var places = AdapterHubPlaces.Of(backbone.Config, root.StringOrNull("version"));
        foreach (var member in config.StringOrNull("architecture") == "union" ? config.Objects("configs") : [config])
            foreach (var (module, entries) in new AdapterHubMember(member, name, places, path, keys).Modules())
            {
                modules.Add(module);
                tensors.AddRange(entries);
            }
        // The flat prefix is one tensor for all layers: every placement names it, with its own part.
        var joined = tensors.GroupBy(t => t.Key, StringComparer.Ordinal)
            .Select(g => g.First() with { Parameters = g.SelectMany(t => t.Parameters).ToValueList() }).ToArray();
        var used = joined.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        if (file.Entries.FirstOrDefault(e => !used.Contains(e.Key)) is { } stranger)
            throw new SafetensorsException(path, stranger.Key, $"belongs to nothing that {ConfigName} describes");
        ValueList<string> notes = File.Exists(Path.Join(folder, HeadName)) ? [$"the prediction head in {HeadName} is not read; the backbone's own head is used"] : [];
        return new ImportedAdapter(path, new InsertionPlan(modules.ToValueList(), []), joined, notes);
    }

    private static ImportedAdapter ReadBiases(string path, Backbone backbone)
    {
        using var file = SafetensorsFile.Open(path);
        var bare = file.Entries.Select(e => (e.Key, Bare: backbone.BareKey(e.Key))).ToArray();
        foreach (var (key, name) in bare)
            if (!name.EndsWith(".bias", StringComparison.Ordinal) || !backbone.Contains(name))
                throw new SafetensorsException(path, key, "is no bias of this backbone");
        return new ImportedAdapter(
            path,
            new InsertionPlan([], bare.Select(b => new TrainedTensor(b.Bare, NamedMethods.BitFit.Name)).ToValueList()),
            [.. bare.Select(b => new ForeignTensor(b.Key, [b.Bare]))],
            []);
    }
}
