using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Exports;

/// <summary>What the modules of a configuration have in common.</summary>
internal sealed record AdapterHubKind(FunctionalForm Form, int Size, double Scale, InsertionForm Insertion, Activation Nonlinearity)
{
    /// <summary>A union holds at most one configuration of this architecture, null for those that may be several: `adapters` looks LoRA and prefixes up without a layer.</summary>
    public string? Alone => Form switch
    {
        FunctionalForm.LowRank or FunctionalForm.Rescaling => "lora",
        FunctionalForm.KeyValue => "prefix_tuning",
        _ => null,
    };
}

/// <summary>A module of the studio's and where AdapterHub has it.</summary>
internal sealed record AdapterHubModule(ModulePlacement Module, AdapterHubPlace Place);

/// <summary>One configuration of AdapterHub (adapters 1.2): modules of one kind at the same sites of some layers. In a union it stands beside others.</summary>
/// <param name="Sites">of layers that have them all: BART's decoder has no LoRA on the feed-forward products, whatever a configuration says.</param>
/// <param name="Modules">by layer, then by site.</param>
internal sealed record AdapterHubConfiguration(AdapterHubKind Kind, ModifiedRepresentation Sites, ValueList<AdapterHubModule> Modules)
{
    private FunctionalForm Form => Kind.Form;

    private int Size => Kind.Size;

    public static IEnumerable<AdapterHubConfiguration> Of(IEnumerable<AdapterHubModule> modules, AdapterHubPlaces places) =>
        from kind in modules.GroupBy(m => new AdapterHubKind(m.Module.Form, m.Module.Size, m.Module.Scale, m.Module.Insertion, m.Module.Nonlinearity))
        let everywhere = SitesOf(kind)
        from layer in kind.GroupBy(m => m.Place.Number)
        let sites = SitesOf(layer) | (everywhere & ~places.Sites(kind.Key.Form, layer.Key))
        group layer by (Kind: kind.Key, Sites: sites) into alike
        let ordered = alike.SelectMany(m => m).OrderBy(m => m.Place.Number).ThenBy(m => m.Place.Site).ToValueList()
        orderby alike.Key.Kind.Form, ordered[0].Place.Number
        select new AdapterHubConfiguration(alike.Key.Kind, alike.Key.Sites, ordered);

    private static ModifiedRepresentation SitesOf(IEnumerable<AdapterHubModule> modules) => modules.Aggregate(ModifiedRepresentation.None, (all, m) => all | m.Place.Site);

    /// <param name="width">of the model</param>
    public JsonObject Json(AdapterHubPlaces places, int width)
    {
        var json = Form switch
        {
            FunctionalForm.LowRank => Lora(Size, Kind.Scale * Size, "add", "lora"),
            FunctionalForm.Rescaling => Lora(1, 1, "scale", "ia3"),
            FunctionalForm.Bottleneck => Bottleneck(width),
            FunctionalForm.KeyValue => Prefix(),
            _ => throw Unknown(),
        };
        json["leave_out"] = new JsonArray([.. Enumerable.Range(0, places.Layers).Where(i => Modules.All(m => m.Place.Number != i)).Select(i => JsonValue.Create(i))]);
        return json;
    }

    /// <param name="name">the adapter's</param>
    /// <param name="wrapper">what stands before the backbone's keys</param>
    public IEnumerable<ForeignTensor> Tensors(string name, string wrapper) => Form switch
    {
        FunctionalForm.LowRank => Modules.SelectMany(m => (ForeignTensor[])
        [
            new($"{wrapper}{m.Place.Key}.loras.{name}.lora_A", $"{ModuleParameters.Prefix(m.Module)}.down"),
            new($"{wrapper}{m.Place.Key}.loras.{name}.lora_B", $"{ModuleParameters.Prefix(m.Module)}.up"),
        ]),
        FunctionalForm.Rescaling => Modules.Select(m =>
            Column($"{wrapper}{m.Place.Key}.loras.{name}.lora_B", $"{ModuleParameters.Prefix(m.Module)}.{ModuleParameters.Rescaling}")),
        FunctionalForm.Bottleneck => Modules.SelectMany(m => new[] { ("adapter_down.0", "down"), ("adapter_up", "up") }
            .SelectMany(part => ((string[])["weight", "bias"]).Select(kind => new ForeignTensor(
                $"{wrapper}{m.Place.Key}.adapters.{name}.{part.Item1}.{kind}", $"{ModuleParameters.Prefix(m.Module)}.{part.Item2}.{kind}")))),
        // One flat tensor for all attentions of a kind; the k-th layer that has a prefix is entry k.
        FunctionalForm.KeyValue => Modules.GroupBy(m => m.Place.Prefix, StringComparer.Ordinal).Select(alike => new ForeignTensor(
            $"{wrapper}prefix_tuning.prefix_tunings.{name}.{alike.Key}.control_trans",
            alike.SelectMany(m => (string[])[$"{ModuleParameters.Prefix(m.Module)}.key", $"{ModuleParameters.Prefix(m.Module)}.value"]).ToValueList())),
        _ => throw Unknown(),
    };

    private static ForeignTensor Column(string key, string parameter) => new(key, parameter) { IsColumn = true };

    private JsonObject Lora(int rank, double alpha, string composition, string initial) => new()
    {
        ["architecture"] = "lora",
        ["selfattn_lora"] = (Sites & (ModifiedRepresentation.Query | ModifiedRepresentation.Key | ModifiedRepresentation.Value)) != ModifiedRepresentation.None,
        ["intermediate_lora"] = Sites.HasFlag(ModifiedRepresentation.FeedForwardInner),
        ["output_lora"] = Sites.HasFlag(ModifiedRepresentation.FeedForwardOutput),
        ["attn_matrices"] = new JsonArray([.. new[] { ("q", ModifiedRepresentation.Query), ("k", ModifiedRepresentation.Key), ("v", ModifiedRepresentation.Value) }
            .Where(m => Sites.HasFlag(m.Item2)).Select(m => JsonValue.Create(m.Item1))]),
        ["r"] = rank,
        ["alpha"] = Number(alpha),
        ["dropout"] = JsonText.Float(0),
        ["composition_mode"] = composition,
        ["init_weights"] = initial,
        ["use_gating"] = false,
    };

    private JsonObject Bottleneck(int width) => new()
    {
        ["mh_adapter"] = Sites.HasFlag(ModifiedRepresentation.AttentionOutput),
        ["output_adapter"] = Sites.HasFlag(ModifiedRepresentation.FeedForwardOutput),
        ["reduction_factor"] = ReductionFactor(width),
        ["non_linearity"] = Nonlinearity,
        ["original_ln_before"] = Kind.Insertion == InsertionForm.Sequential,
        ["original_ln_after"] = true,
        ["ln_before"] = false,
        ["ln_after"] = false,
        ["init_weights"] = Kind.Insertion == InsertionForm.Parallel ? "mam_adapter" : "bert",
        ["is_parallel"] = Kind.Insertion == InsertionForm.Parallel,
        // A whole number is refused there as an "unknown scaling type".
        ["scaling"] = JsonText.Float(Kind.Scale),
        ["use_gating"] = false,
        ["residual_before_ln"] = true,
        ["adapter_residual_before_ln"] = false,
        ["inv_adapter"] = null,
        ["inv_adapter_reduction_factor"] = null,
        ["cross_adapter"] = false,
        ["dropout"] = JsonText.Float(0),
        ["phm_layer"] = false,
    };

    private JsonObject Prefix() => new()
    {
        ["architecture"] = "prefix_tuning",
        ["encoder_prefix"] = true,
        ["cross_prefix"] = true,
        ["flat"] = true,
        ["prefix_length"] = Size,
        ["bottleneck_size"] = 512,
        ["non_linearity"] = "tanh",
        ["dropout"] = JsonText.Float(0),
        ["use_gating"] = false,
        ["shared_gating"] = true,
    };

    private string Nonlinearity => Kind.Nonlinearity switch
    {
        Activation.Relu => "relu",
        Activation.Silu => "swish",
        Activation.Gelu => "gelu",
        Activation.GeluTanh => "gelu_new",
        _ => throw Unknown(),
    };

    // `adapters` takes int(width // factor) as the size. Where no whole factor gives it, one in the middle of those that do is safe from rounding.
    private JsonNode ReductionFactor(int width) => width % Size == 0 ? JsonValue.Create(width / Size) : JsonValue.Create(width / (Size + 0.5));

    private static JsonNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e9 ? JsonValue.Create((long)value) : JsonValue.Create(value);

    private ArgumentOutOfRangeException Unknown() => new(nameof(Kind), Kind, "AdapterHub has no configuration for this form");
}
