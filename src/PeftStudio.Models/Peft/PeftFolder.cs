using System.Text.Json;
using System.Text.RegularExpressions;
using PeftStudio.Formats;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Reads LoRA in Hugging Face PEFT's layout (adapter_config.json, adapter_model.safetensors): ranks and alphas by pattern, biases, norms, and the head among
/// modules_to_save. Field and key names: peft 0.20.
/// </summary>
public sealed class PeftFolder
{
    internal const string ConfigName = "adapter_config.json";
    internal const string WeightsName = "adapter_model.safetensors";
    internal const string Root = "base_model.model.";

    private readonly JsonFields config;
    private readonly Backbone backbone;
    private readonly SafetensorsFile file;

    private PeftFolder(JsonFields config, Backbone backbone, SafetensorsFile file) => (this.config, this.backbone, this.file) = (config, backbone, file);

    /// <summary>Whether a folder's adapter_config.json is PEFT's: AdapterHub's has no peft_type.</summary>
    public static bool Is(string folder)
    {
        var path = Path.Join(folder, ConfigName);
        return File.Exists(path) && JsonFields.Read(path).Has("peft_type");
    }

    /// <exception cref="InvalidDataException">A configuration that this version does not build.</exception>
    /// <exception cref="SafetensorsException">The weights do not fit the configuration or the backbone.</exception>
    public static ImportedAdapter Read(string folder, Backbone backbone)
    {
        if (backbone.Config.Decoder is not null)
            throw new InvalidDataException($"{folder}: is in PEFT's layout, which is read for BERT and RoBERTa; {backbone.Folder} is a {backbone.Config.ModelType}");
        var config = JsonFields.Read(Path.Join(folder, ConfigName));
        using var file = SafetensorsFile.Open(Path.Join(folder, WeightsName));
        return new PeftFolder(config, backbone, file).Read();
    }

    private ImportedAdapter Read()
    {
        CheckConfig();
        var sites = Sites().ToDictionary(site => site.Module, StringComparer.Ordinal);
        var (modules, tensors, foreign) = (new List<ModulePlacement>(), new List<TrainedTensor>(), new List<ForeignTensor>());
        var patterns = (Ranks: Pattern("rank_pattern"), Alphas: Pattern("alpha_pattern"));
        var targets = sites.Values.Where(IsTarget).ToArray();
        foreach (var (module, layer, at) in targets)
        {
            var (down, up) = (file.Entry($"{Root}{module}.lora_A.weight"), file.Entry($"{Root}{module}.lora_B.weight"));
            var rank = (int)patterns.Ranks(module, config.Int("r", 1));
            if (down.Shape.Length != 2 || down.Shape[0] != rank)
                throw new SafetensorsException(file.Path, down.Key, $"has shape [{string.Join(", ", down.Shape)}]; its rank is {rank} by {ConfigName}");
            var scale = patterns.Alphas(module, config.Double("lora_alpha", 0, 1e9)) / rank;
            var placed = new ModulePlacement(layer, NamedMethods.Lora.Name, FunctionalForm.LowRank, at, rank, scale) { Insertion = InsertionForm.Parallel };
            modules.Add(placed);
            foreign.Add(new ForeignTensor(down.Key, $"{ModuleParameters.Prefix(placed)}.down"));
            foreign.Add(new ForeignTensor(up.Key, $"{ModuleParameters.Prefix(placed)}.up"));
        }
        var (head, headKeys) = Head();
        var used = foreign.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in file.Entries.Where(e => !used.Contains(e.Key)))
        {
            var bare = Bare(entry.Key);
            if (!headKeys.Contains(bare))
                tensors.Add(Trained(entry.Key, bare));
            foreign.Add(new ForeignTensor(entry.Key, bare));
        }
        return new ImportedAdapter([new ForeignFile(file.Path, foreign)], new InsertionPlan(modules.ToValueList(), tensors.ToValueList()), head, []);
    }

    private void CheckConfig()
    {
        if (config.String("peft_type") is not "LORA" and var type)
            throw config.Wrong("peft_type", $"is '{type}'; 'LORA' is read");
        foreach (var flag in new[] { "use_dora", "use_rslora", "fan_in_fan_out", "lora_bias" })
            if (config.BoolOrNull(flag) is true)
                throw config.Wrong(flag, "is true, which this version does not build");
        foreach (var name in new[] { "layers_to_transform", "exclude_modules", "target_parameters" })
            if (config.Has(name))
                throw config.Wrong(name, "is not read; name the modules in target_modules");
    }

    private IEnumerable<(string Module, int Layer, ModifiedRepresentation Site)> Sites() =>
        from layer in Enumerable.Range(0, backbone.Config.Layers)
        from site in Representations.In(Representations.Products)
        select (BackboneKeys.Prefix(backbone.Config.ModelType) + ModuleSites.Module(layer, site), layer, site);

    private bool IsTarget((string Module, int, ModifiedRepresentation) site)
    {
        if (!config.Has("target_modules"))
            throw config.Wrong("target_modules", "is missing");
        if (config.Element.GetProperty("target_modules").ValueKind == JsonValueKind.String)
            return Matches("target_modules", $"^(?:{config.String("target_modules")})$", site.Module);
        return config.Strings("target_modules").Any(name => site.Module == name || site.Module.EndsWith("." + name, StringComparison.Ordinal));
    }

    /// <summary>PEFT's rule: the first name or expression that matches the end of the module's path from a dot on.</summary>
    private Func<string, double, double> Pattern(string name)
    {
        if (config.ObjectOrNull(name) is not { } map)
            return (_, other) => other;
        var entries = map.Element.EnumerateObject().Select(p => (Expression: $@"^(?:.*\.)?(?:{p.Name})$", Value: map.Double(p.Name, 1e-9, 1e9))).ToArray();
        return (module, other) => entries.Where(e => Matches(name, e.Expression, module)).Select(e => e.Value).FirstOrDefault(other);
    }

    private bool Matches(string field, string expression, string module)
    {
        try
        {
            // NonBacktracking: a file from elsewhere must not hold the process up.
            return Regex.IsMatch(module, expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"{config.File}: '{field}' holds an expression that is not read: {e.Message}", e);
        }
    }

    private (HeadPlan? Plan, HashSet<string> Keys) Head()
    {
        var outKey = file.Entries.FirstOrDefault(e => Bare(e.Key) == backbone.HeadLayout.Out + ".weight");
        if (outKey is null)
            return (null, []);
        if (outKey.Shape.Length != 2)
            throw new SafetensorsException(file.Path, outKey.Key, $"has {outKey.Shape.Length} dimensions, not 2");
        var outputs = (int)outKey.Shape[0];
        var keys = backbone.HeadLayout.Keys(backbone.Config.HiddenSize, outputs).Select(k => k.Key).ToHashSet(StringComparer.Ordinal);
        var missing = keys.FirstOrDefault(key => file.Entries.All(e => Bare(e.Key) != key) && !(backbone.HeadLayout.HasPooler && backbone.Contains(key)));
        return missing is null
            ? (outputs == 1 ? HeadPlan.Regression : HeadPlan.Classification(outputs), keys)
            : throw new SafetensorsException(file.Path, missing, "is missing, though the head's other parts are there");
    }

    private TrainedTensor Trained(string key, string bare) => !ParameterGroups.Decays(bare) && EncoderKeys.IsEncoder(bare) && backbone.Contains(bare)
        ? new TrainedTensor(bare, NamedMethods.BitFit.Name)
        : throw new SafetensorsException(file.Path, key, $"belongs to nothing that {ConfigName} describes");

    private string Bare(string key) => backbone.BareKey((key.StartsWith(Root, StringComparison.Ordinal) ? key[Root.Length..] : key).Replace(".base_layer.", ".", StringComparison.Ordinal));
}
