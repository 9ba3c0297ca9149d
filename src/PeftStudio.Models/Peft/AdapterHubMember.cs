using System.Globalization;
using System.Text.Json;
using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>One configuration of AdapterHub, alone or in a union, with its modules in the order of the layers. Field and key names: adapters 1.2, adapter-transformers 3.1.</summary>
internal sealed class AdapterHubMember(
    JsonFields config, string name, AdapterHubPlaces places, AdapterHubVersion version, bool inUnion, string path, IReadOnlyDictionary<string, SafetensorsEntry> entries)
{
    private static readonly (string Letter, ModifiedRepresentation Site)[] AttentionMatrices =
        [("q", ModifiedRepresentation.Query), ("k", ModifiedRepresentation.Key), ("v", ModifiedRepresentation.Value)];

    public IEnumerable<(ModulePlacement Module, ForeignTensor[] Tensors)> Modules() => config.StringOrNull("architecture") switch
    {
        "lora" when config.StringOrNull("composition_mode") is "scale" => Rescaling(),
        "lora" => Lora(),
        "prefix_tuning" => Prefix(),
        null => Bottleneck(),
        var other => throw config.Wrong("architecture", $"is '{other}'; lora, prefix_tuning, union and the bottleneck without a name are read"),
    };

    private IEnumerable<AdapterHubPlace> Kept(IReadOnlyList<AdapterHubPlace> all, params IReadOnlyCollection<ModifiedRepresentation> sites)
    {
        var left = config.Has("leave_out") ? config.Array("leave_out").Select(Layer).ToHashSet() : [];
        return all.Where(place => sites.Contains(place.Site) && !left.Contains(place.Number));

        int Layer(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var i) && i >= 0 && i < places.Layers
            ? i
            : throw config.Wrong("leave_out", $"names {value.GetRawText()}; the layers are 0 to {places.Layers - 1}");
    }

    private IEnumerable<(ModulePlacement, ForeignTensor[])> Lora()
    {
        Want("use_gating", false);
        Want("use_dora", false);
        if (config.StringOrNull("composition_mode") is { } mode and not "add")
            throw config.Wrong("composition_mode", $"is '{mode}'; 'add' and 'scale' are read");
        var rank = config.Int("r", 1);
        var scale = version.IgnoresAlpha && !inUnion ? 1 : config.Double("alpha", 0, 1e9) / rank;
        foreach (var place in Kept(places.Products, Products()))
        {
            var down = Entry($"{place.Key}.loras.{name}.lora_A");
            var up = Entry($"{place.Key}.loras.{name}.lora_B");
            var module = place.Placed(NamedMethods.Lora.Name, FunctionalForm.LowRank, Size(down, _ => rank, "rank"), scale, InsertionForm.Parallel);
            yield return (module, [Of(down, module, "down"), Of(up, module, "up")]);
        }
    }

    /// <summary>(IA)3 in AdapterHub: vectors on products; on the feed-forward's first before its activation, where the paper and our own method multiply after it.</summary>
    private IEnumerable<(ModulePlacement, ForeignTensor[])> Rescaling()
    {
        Want("use_gating", false);
        if (config.Int("r", 1) != 1)
            throw config.Wrong("r", "is not 1; a vector that multiplies has one row");
        foreach (var place in Kept(places.Products, Products()))
        {
            var module = place.Placed(NamedMethods.Ia3.Name, FunctionalForm.Rescaling, 0, 1, InsertionForm.Sequential);
            yield return (module, [Of(Entry($"{place.Key}.loras.{name}.lora_B"), module, ModuleParameters.Rescaling) with { IsColumn = true }]);
        }
    }

    private List<ModifiedRepresentation> Products()
    {
        var letters = config.Strings("attn_matrices").ToHashSet(StringComparer.Ordinal);
        var sites = AttentionMatrices.Where(m => config.BoolOrNull("selfattn_lora") is not false && letters.Contains(m.Letter)).Select(m => m.Site).ToList();
        if (config.BoolOrNull("intermediate_lora") is true)
            sites.Add(ModifiedRepresentation.FeedForwardInner);
        if (config.BoolOrNull("output_lora") is true)
            sites.Add(ModifiedRepresentation.FeedForwardOutput);
        return sites;
    }

    private IEnumerable<(ModulePlacement, ForeignTensor[])> Bottleneck()
    {
        foreach (var flag in new[] { "cross_adapter", "ln_before", "ln_after", "use_gating", "phm_layer", "adapter_residual_before_ln" })
            Want(flag, false);
        foreach (var flag in new[] { "original_ln_after", "residual_before_ln" })
            Want(flag, true);
        if (config.StringOrNull("inv_adapter") is { } inverse)
            throw config.Wrong("inv_adapter", $"is '{inverse}'; none is read");
        var scale = config.DoubleOrNull("scaling", double.MinValue, double.MaxValue) ?? 1;
        var (activation, insertion) = (Nonlinearity(), Insertion());
        var sites = new List<ModifiedRepresentation>();
        if (config.BoolOrNull("mh_adapter") is true)
            sites.Add(ModifiedRepresentation.AttentionOutput);
        if (config.BoolOrNull("output_adapter") is true)
            sites.Add(ModifiedRepresentation.FeedForwardOutput);
        var method = config.BoolOrNull("is_parallel") is true ? scale == 1 ? NamedMethods.Parallel : NamedMethods.ScaledParallel
            : insertion == InsertionForm.Sequential ? NamedMethods.Adapter
            : NamedMethods.Houlsby;
        foreach (var place in Kept(places.SubLayers, sites))
        {
            var root = $"{place.Key}.adapters.{name}.";
            var down = Entry(root + "adapter_down.0.weight");
            var module = place.Placed(method.Name, FunctionalForm.Bottleneck, Size(down, width => Bottleneck(place, width), "bottleneck"), scale, insertion) with { Nonlinearity = activation };
            yield return (module,
            [
                Of(down, module, "down.weight"), Of(Entry(root + "adapter_down.0.bias"), module, "down.bias"),
                Of(Entry(root + "adapter_up.weight"), module, "up.weight"), Of(Entry(root + "adapter_up.bias"), module, "up.bias"),
            ]);
        }
    }

    // A parallel adapter never reads the normed sum, whatever original_ln_before says.
    private InsertionForm Insertion() => config.BoolOrNull("is_parallel") is true ? places.IsSwapped ? InsertionForm.BeforeResidual : InsertionForm.Parallel
        : config.BoolOrNull("original_ln_before") is true ? InsertionForm.Sequential
        : places.IsSwapped ? InsertionForm.Parallel : InsertionForm.BeforeResidual;

    private Activation Nonlinearity() => config.StringOrNull("non_linearity") switch
    {
        "relu" => Activation.Relu,
        "swish" or "silu" => Activation.Silu,
        "gelu" => version.RenamesGelu ? Activation.GeluTanh : Activation.Gelu,
        "gelu_orig" when version.RenamesGelu => Activation.Gelu,
        "gelu_new" => Activation.GeluTanh,
        var other => throw config.Wrong("non_linearity", $"is '{other}'; relu, swish, gelu and gelu_new are read"),
    };

    private IEnumerable<(ModulePlacement, ForeignTensor[])> Prefix()
    {
        Want("flat", true);
        Want("use_gating", false);
        Want("encoder_prefix", true);
        Want("cross_prefix", true);
        var length = config.Int("prefix_length", 1);
        foreach (var place in Kept(places.Attentions, ModifiedRepresentation.AttentionHeads))
        {
            var flat = Entry($"prefix_tuning.prefix_tunings.{name}.{place.Prefix}.control_trans");
            var module = place.Placed(NamedMethods.Prefix.Name, FunctionalForm.KeyValue, length, 1, InsertionForm.Parallel) with { Gated = true, CountsAsTokens = places.PrefixCountsAsTokens };
            yield return (module, [Of(flat, module, "key"), Of(flat, module, "value")]);
        }
    }

    private static ForeignTensor Of(SafetensorsEntry entry, ModulePlacement module, string part) => new(entry.Key, [$"{ModuleParameters.Prefix(module)}.{part}"]);

    private void Want(string flag, bool wanted)
    {
        if (config.Has(flag) && config.BoolOrNull(flag) != wanted)
            throw config.Wrong(flag, $"is {(wanted ? "false" : "true")}, which this version does not build");
    }

    /// <param name="entry">(size, width)</param>
    /// <param name="by">the size by the configuration, of the width; null: it says none</param>
    /// <param name="what">the size is called</param>
    /// <exception cref="SafetensorsException">The tensor has another.</exception>
    private int Size(SafetensorsEntry entry, Func<long, int?> by, string what)
    {
        var size = AdapterFit.FirstSize(path, entry, 2);
        return by(entry.Shape[1]) is { } said && said != size
            ? throw new SafetensorsException(path, entry.Key, FormattableString.Invariant($"has shape [{string.Join(", ", entry.Shape)}]; its {what} is {said} by {AdapterHubFiles.Config}"))
            : size;
    }

    /// <summary>By reduction_factor, a number or a map of layers to numbers: int(width // factor), at least 1, as adapters 1.2 has it.</summary>
    /// <returns>null: the configuration does not say</returns>
    private int? Bottleneck(AdapterHubPlace place, double width)
    {
        const string Field = "reduction_factor";
        if (!config.Has(Field))
            return null;
        var (holder, name) = (config, Field);
        if (config.Element.GetProperty(Field).ValueKind == JsonValueKind.Object)
        {
            (holder, name) = (config.Object(Field), place.Number.ToString(CultureInfo.InvariantCulture));
            name = holder.Has(name) ? name : "default";
        }
        var factor = holder.Double(name, 1e-6, 1e9);
        // Python's //: the rest is taken off first, so that what is nearly whole is not rounded up.
        return (int)Math.Clamp(Math.Round((width - (width % factor)) / factor), 1, int.MaxValue);
    }

    private SafetensorsEntry Entry(string bareKey) => entries.TryGetValue(bareKey, out var entry)
        ? entry
        : throw new SafetensorsException(path, bareKey, "is missing, though adapter_config.json asks for it");
}
