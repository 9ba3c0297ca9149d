using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Reads Hugging Face PEFT's layout (adapter_config.json, adapter_model.safetensors): LoRA with ranks and alphas by pattern and biases; (IA)3; layer norm. Norms and the head may be
/// among modules_to_save of each. Field and key names: peft 0.20.
/// </summary>
public sealed class PeftFolder
{
    internal const string ConfigName = "adapter_config.json";
    internal const string WeightsName = "adapter_model.safetensors";
    internal const string Root = "base_model.model.";
    internal const string Lora = "LORA";
    internal const string Ia3 = "IA3";
    internal const string LayerNorm = "LN_TUNING";

    /// <summary>The task_type of a model that writes words.</summary>
    internal const string Writes = "SEQ_2_SEQ_LM";

    /// <summary>The task_type of a model whose head gives a row's labels or score.</summary>
    internal const string Classifies = "SEQ_CLS";

    // Ways of drawing a LoRA's first values that leave the backbone as it is.
    private static readonly string[] Drawn = ["gaussian", "eva", "orthogonal"];

    private readonly JsonFields config;
    private readonly Backbone backbone;
    private readonly SafetensorsFile file;
    private readonly PeftTargets targets;
    private readonly PeftPaths paths;

    private PeftFolder(JsonFields config, Backbone backbone, SafetensorsFile file) =>
        (this.config, this.backbone, this.file, targets, paths) = (config, backbone, file, new PeftTargets(config), new PeftPaths(backbone.Config));

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
        var config = JsonFields.Read(Path.Join(folder, ConfigName));
        using var file = SafetensorsFile.Open(Path.Join(folder, WeightsName));
        return new PeftFolder(config, backbone, file).Read();
    }

    private ImportedAdapter Read()
    {
        RequireKnownFields();
        ExportedLayers.Require(file, backbone);
        var type = config.String("peft_type");
        (ModulePlacement Module, ForeignTensor[] Tensors)[] placed = type switch
        {
            Lora => [.. LowRanks()],
            Ia3 => [.. Vectors()],
            LayerNorm => [],
            _ => throw config.Wrong("peft_type", $"is '{type}'; {Lora}, {Ia3} and {LayerNorm} are read"),
        };
        ForeignTensor[] norms = type == LayerNorm ? [.. Norms()] : [];
        var foreign = placed.SelectMany(p => p.Tensors).Concat(norms).ToList();
        var tensors = norms.Select(norm => new TrainedTensor(norm.Parameters[0], NamedMethods.LayerNorm.Name)).ToList();
        var (head, headKeys) = Head();
        var used = foreign.Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in file.Entries.Where(e => !used.Contains(e.Key)))
        {
            var bare = Bare(entry.Key);
            if (!headKeys.Contains(bare))
                tensors.Add(Trained(entry.Key, bare));
            foreign.Add(new ForeignTensor(entry.Key, bare));
        }
        return new ImportedAdapter([new ForeignFile(file.Path, foreign)], new InsertionPlan(placed.Select(p => p.Module).ToValueList(), tensors.ToValueList()), head,
            NamedBackbone.Note(config, "base_model_name_or_path", backbone));
    }

    private void RequireKnownFields()
    {
        foreach (var flag in new[] { "use_dora", "use_rslora", "fan_in_fan_out", "lora_bias" })
            if (config.BoolOrNull(flag) is true)
                throw config.Wrong(flag, "is true, which this version does not build");
        foreach (var name in new[] { "layers_to_transform", "exclude_modules", "target_parameters" })
            if (config.Has(name))
                throw config.Wrong(name, "is not read; name the modules in target_modules");
        foreach (var name in new[] { "layer_replication", "alora_invocation_tokens", "arrow_config" })
            if (config.Has(name))
                throw config.Wrong(name, "makes another model of the backbone, which this version does not build");
        // PEFT takes what these start with out of the backbone's own weights, each time it loads the adapter.
        if (config.IsString("init_lora_weights") && config.String("init_lora_weights") is var start && !Drawn.Contains(start))
            throw config.Wrong("init_lora_weights", $"is '{start}', with which PEFT changes the backbone's weights; save the adapter as a plain LoRA there (save_pretrained with path_initial_model_for_weight_conversion)");
    }

    private IEnumerable<(ModulePlacement Module, string Path)> Targets(FunctionalForm form, string method) =>
        from module in paths.Products(form, method)
        let path = paths.Wrapper + paths.Product(module)
        where targets.IsTarget(path)
        select (module, path);

    private IEnumerable<(ModulePlacement, ForeignTensor[])> LowRanks()
    {
        var (ranks, alphas) = (targets.Pattern("rank_pattern"), targets.Pattern("alpha_pattern"));
        foreach (var (module, path) in Targets(FunctionalForm.LowRank, NamedMethods.Lora.Name))
        {
            var (down, up) = (file.Entry($"{Root}{path}.lora_A.weight"), file.Entry($"{Root}{path}.lora_B.weight"));
            var (rank, said) = (AdapterFit.FirstSize(file.Path, down, 2), ranks(path, config.Int("r", 1)));
            if (rank != said)
                throw new SafetensorsException(file.Path, down.Key, FormattableString.Invariant($"has shape [{string.Join(", ", down.Shape)}]; its rank is {said} by {ConfigName}"));
            var placed = module with { Size = rank, Scale = alphas(path, config.Double("lora_alpha", 0, 1e9)) / rank };
            yield return (placed, [new(down.Key, $"{ModuleParameters.Prefix(placed)}.down"), new(up.Key, $"{ModuleParameters.Prefix(placed)}.up")]);
        }
    }

    /// <summary>A vector that multiplies what a product gives is a column there; one that multiplies what it reads, a row.</summary>
    private IEnumerable<(ModulePlacement, ForeignTensor[])> Vectors()
    {
        foreach (var (module, path) in Targets(FunctionalForm.Rescaling, NamedMethods.Ia3.Name))
        {
            var isRow = targets.MultipliesInput(path);
            var placed = !isRow ? module : paths.OnInput(module)
                ?? throw config.Wrong("feedforward_modules", $"names {path}; what a product reads is multiplied before the attention's output and the feed-forward's second product alone");
            yield return (placed, [new($"{Root}{path}.ia3_l", $"{ModuleParameters.Prefix(placed)}.{ModuleParameters.Rescaling}") { IsColumn = !isRow, IsRow = isRow }]);
        }
    }

    /// <summary>Norms that PEFT has copied whole.</summary>
    private IEnumerable<ForeignTensor> Norms() =>
        from norm in paths.Norms()
        where targets.IsTarget(paths.Wrapper + norm)
        from part in new[] { "weight", "bias" }
        where backbone.Contains($"{norm}.{part}")
        select new ForeignTensor(file.Entry($"{Root}{paths.Wrapper}{norm}.ln_tuning_layers.{part}").Key, $"{norm}.{part}");

    private (HeadPlan? Plan, HashSet<string> Keys) Head()
    {
        // T5's labels are words: it has no head.
        if (backbone.Config.T5 is not null)
            return (null, []);
        var outKey = file.Entries.FirstOrDefault(e => Bare(e.Key) == backbone.HeadLayout.Out + ".weight");
        if (outKey is null)
            return (backbone.Config.Bart is not null && config.StringOrNull("task_type") == Writes ? HeadPlan.LanguageModel : null, []);
        if (config.StringOrNull("task_type") is { } task && task != Classifies)
            throw config.Wrong("task_type", $"is '{task}', and beside it lies {outKey.Key}: a head is read as {Classifies}'s, which gives a row's labels");
        var outputs = AdapterFit.FirstSize(file.Path, outKey, 2);
        var keys = backbone.HeadLayout.Keys(backbone.Config.HiddenSize, outputs).Select(k => k.Key).ToHashSet(StringComparer.Ordinal);
        var missing = keys.FirstOrDefault(key => file.Entries.All(e => Bare(e.Key) != key) && !(backbone.HeadLayout.HasPooler && backbone.Contains(key)));
        return missing is null
            ? (HeadPlan.OfOutputs(outputs), keys)
            : throw new SafetensorsException(file.Path, missing, "is missing, though the head's other parts are there");
    }

    private TrainedTensor Trained(string key, string bare) => !ParameterGroups.Decays(bare) && NetworkKeys.Of(backbone.Config).Any(k => k.Key == bare)
        ? new TrainedTensor(bare, NamedMethods.BitFit.Name)
        : throw new SafetensorsException(file.Path, key, $"belongs to nothing that {ConfigName} describes and this version builds");

    private string Bare(string key) => backbone.BareKey((key.StartsWith(Root, StringComparison.Ordinal) ? key[Root.Length..] : key).Replace(".base_layer.", ".", StringComparison.Ordinal));
}
