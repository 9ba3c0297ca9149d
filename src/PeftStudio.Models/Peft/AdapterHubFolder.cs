using PeftStudio.Formats;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Reads AdapterHub's layout: one adapter (adapter_config.json, adapter.safetensors) with LoRA and (IA)3 on any product, bottleneck adapters, the flat prefix, and unions of these, or
/// several, each in a folder that stack.json names; biases.safetensors, which holds the full new value of every trained bias and norm; and a classification head.
/// </summary>
public static class AdapterHubFolder
{
    /// <exception cref="InvalidDataException">Not this layout, or a configuration that this version does not build.</exception>
    /// <exception cref="SafetensorsException">The weights do not fit the configuration.</exception>
    public static ImportedAdapter Read(string folder, Backbone backbone)
    {
        var (modules, tensors, files) = (new OrderedDictionary<string, ModulePlacement>(StringComparer.Ordinal), new List<TrainedTensor>(), new List<ForeignFile>());
        ValueList<string> notes = [];
        foreach (var part in Adapters(folder))
        {
            var root = JsonFields.Read(Path.Join(part, AdapterHubFiles.Config));
            files.Add(ReadAdapter(part, root, backbone, modules));
            // A stack's adapters are of one backbone: what is said of the first holds for all.
            notes = notes.Count > 0 ? notes : NamedBackbone.Note(root, "model_name", backbone);
        }
        if (File.Exists(Path.Join(folder, AdapterHubFiles.Biases)))
            files.Add(ReadBiases(Path.Join(folder, AdapterHubFiles.Biases), backbone, tensors));
        if (files.Count == 0)
            throw new InvalidDataException(
                $"{folder}: is no adapter: it has neither adapter.json, {AdapterHubFiles.Config}, {AdapterHubFiles.Stack} nor {AdapterHubFiles.Biases}");
        var plan = new InsertionPlan(modules.Values.ToValueList(), tensors.ToValueList());
        if (!File.Exists(Path.Join(folder, AdapterHubFiles.HeadConfig)))
        {
            if (File.Exists(Path.Join(folder, AdapterHubFiles.HeadWeights)))
                notes = [.. notes, $"the prediction head in {AdapterHubFiles.HeadWeights} has no {AdapterHubFiles.HeadConfig} and is not read; the backbone's own head is used"];
            return new ImportedAdapter(files, plan, null, notes);
        }
        var (head, headFile, note) = AdapterHubHead.Read(folder, backbone);
        return new ImportedAdapter(headFile is null ? files : [.. files, headFile], plan, head, note is null ? notes : [.. notes, note]);
    }

    private static string[] Adapters(string folder)
    {
        var stack = Path.Join(folder, AdapterHubFiles.Stack);
        if (!File.Exists(stack))
            return File.Exists(Path.Join(folder, AdapterHubFiles.Config)) ? [folder] : [];
        var names = JsonFields.Read(stack).Strings("stack").ToArray();
        return names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() < names.Length
            ? throw new InvalidDataException($"{stack}: 'stack' must name at least one adapter, and each once")
            : names.Select(Folder).ToArray();

        string Folder(string name)
        {
            try
            {
                return SafePath.Under(folder, name);
            }
            catch (UnsafePathException e)
            {
                throw new InvalidDataException($"{stack}: 'stack' names no folder beside it: {e.Message}", e);
            }
        }
    }

    private static ForeignFile ReadAdapter(string folder, JsonFields root, Backbone backbone, OrderedDictionary<string, ModulePlacement> modules)
    {
        if (root.IntOrNull("hidden_size") is { } width && width != backbone.Config.HiddenSize)
            throw root.Wrong("hidden_size", $"is {width}; the backbone's is {backbone.Config.HiddenSize}");
        var path = Path.Join(folder, AdapterHubFiles.Weights);
        using var file = SafetensorsFile.Open(path);
        var keys = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (var entry in file.Entries)
            if (!keys.TryAdd(backbone.BareKey(entry.Key), entry))
                throw new SafetensorsException(path, entry.Key, $"and '{keys[backbone.BareKey(entry.Key)].Key}' are one tensor with the backbone's prefix and without it");
        var tensors = new List<ForeignTensor>();
        var (config, name) = (root.Object("config"), root.String("name"));
        var version = AdapterHubVersion.Of(root.StringOrNull("version"));
        var (places, isUnion) = (AdapterHubPlaces.Of(backbone.Config, version), config.StringOrNull("architecture") == "union");
        foreach (var member in isUnion ? config.Objects("configs") : [config])
            foreach (var (module, entries) in new AdapterHubMember(member, name, places, version, isUnion, path, keys).Modules())
            {
                // At once: a union can name the same tensors any number of times.
                if (!modules.TryAdd(ModuleParameters.Prefix(module), module))
                    throw root.Wrong("config", $"is not read: two adapters change {ModuleParameters.Prefix(module)}");
                tensors.AddRange(entries);
            }
        // The flat prefix is one tensor for all layers: every placement names it, with its own part.
        var joined = tensors.GroupBy(t => t.Key, StringComparer.Ordinal)
            .Select(g => g.First() with { Parameters = g.SelectMany(t => t.Parameters).ToValueList() }).ToArray();
        var used = joined.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        return file.Entries.FirstOrDefault(e => !used.Contains(e.Key)) is { } stranger
            ? throw new SafetensorsException(path, stranger.Key, $"belongs to nothing that {AdapterHubFiles.Config} describes")
            : new ForeignFile(path, joined);
    }

    private static ForeignFile ReadBiases(string path, Backbone backbone, List<TrainedTensor> tensors)
    {
        using var file = SafetensorsFile.Open(path);
        var bare = file.Entries.Select(e => (e.Key, Bare: backbone.BareKey(e.Key))).ToArray();
        foreach (var (key, name) in bare)
            if (ParameterGroups.Decays(name) || !backbone.Contains(name))
                throw new SafetensorsException(path, key, "is no bias and no norm of this backbone");
        tensors.AddRange(bare.Select(b => new TrainedTensor(b.Bare, NamedMethods.BitFit.Name)));
        return new ForeignFile(path, [.. bare.Select(b => new ForeignTensor(b.Key, b.Bare))]);
    }
}
