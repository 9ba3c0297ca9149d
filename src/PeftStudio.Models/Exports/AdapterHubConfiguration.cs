using System.Text.Json.Nodes;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Exports;

/// <summary>
/// One configuration of AdapterHub (adapters 1.2): modules of one form, size and scale, at the same sites of some layers. In a union it stands beside others.
/// </summary>
/// <param name="Modules">by layer, then by site.</param>
internal sealed record AdapterHubConfiguration(FunctionalForm Form, int Size, double Scale, ModifiedRepresentation Sites, ValueList<ModulePlacement> Modules)
{
    /// <summary>A union holds at most one configuration of this form: `adapters` looks LoRA and prefixes up without a layer.</summary>
    public bool IsAlone => Form is FunctionalForm.LowRank or FunctionalForm.KeyValue;

    public static IEnumerable<AdapterHubConfiguration> Of(IEnumerable<ModulePlacement> modules) =>
        from layer in modules.GroupBy(m => (m.Form, m.Method, m.Layer, m.Size, m.Scale))
        let sites = layer.Aggregate(ModifiedRepresentation.None, (all, m) => all | m.Site)
        group layer by (layer.Key.Form, layer.Key.Size, layer.Key.Scale, Sites: sites) into alike
        let ordered = alike.SelectMany(m => m).OrderBy(m => m.Layer).ThenBy(m => m.Site).ToValueList()
        orderby alike.Key.Form, ordered[0].Layer
        select new AdapterHubConfiguration(alike.Key.Form, alike.Key.Size, alike.Key.Scale, alike.Key.Sites, ordered);

    public JsonObject Json(Backbone backbone)
    {
        var json = Form switch
        {
            FunctionalForm.LowRank => Lora(),
            FunctionalForm.Bottleneck => Bottleneck(backbone.Config.HiddenSize),
            FunctionalForm.KeyValue => Prefix(),
            _ => throw Unknown(),
        };
        json["leave_out"] = new JsonArray([.. Enumerable.Range(0, backbone.Config.Layers).Where(i => Modules.All(m => m.Layer != i)).Select(i => JsonValue.Create(i))]);
        return json;
    }

    /// <param name="name">the adapter's</param>
    /// <param name="wrapper">what stands before the backbone's keys</param>
    public IEnumerable<ForeignTensor> Tensors(string name, string wrapper) => Form switch
    {
        FunctionalForm.LowRank => Modules.SelectMany(m => (ForeignTensor[])
        [
            new($"{wrapper}{ModuleSites.Module(m.Layer, m.Site)}.loras.{name}.lora_A", $"{ModuleParameters.Prefix(m)}.down"),
            new($"{wrapper}{ModuleSites.Module(m.Layer, m.Site)}.loras.{name}.lora_B", $"{ModuleParameters.Prefix(m)}.up"),
        ]),
        FunctionalForm.Bottleneck => Modules.SelectMany(m => new[] { ("adapter_down.0", "down"), ("adapter_up", "up") }
            .SelectMany(part => ((string[])["weight", "bias"]).Select(kind => new ForeignTensor(
                $"{wrapper}{EncoderKeys.Layer(m.Layer)}output.adapters.{name}.{part.Item1}.{kind}", $"{ModuleParameters.Prefix(m)}.{part.Item2}.{kind}")))),
        // One flat tensor; the k-th layer that has a prefix is entry k.
        FunctionalForm.KeyValue =>
        [
            new ForeignTensor(
                $"{wrapper}prefix_tuning.prefix_tunings.{name}.self_prefix.control_trans",
                Modules.SelectMany(m => (string[])[$"{ModuleParameters.Prefix(m)}.key", $"{ModuleParameters.Prefix(m)}.value"]).ToValueList()),
        ],
        _ => throw Unknown(),
    };

    private JsonObject Lora() => new()
    {
        ["architecture"] = "lora",
        ["selfattn_lora"] = (Sites & (ModifiedRepresentation.Query | ModifiedRepresentation.Key | ModifiedRepresentation.Value)) != ModifiedRepresentation.None,
        ["intermediate_lora"] = Sites.HasFlag(ModifiedRepresentation.FeedForwardInner),
        ["output_lora"] = Sites.HasFlag(ModifiedRepresentation.FeedForwardOutput),
        ["attn_matrices"] = new JsonArray([.. new[] { ("q", ModifiedRepresentation.Query), ("k", ModifiedRepresentation.Key), ("v", ModifiedRepresentation.Value) }
            .Where(m => Sites.HasFlag(m.Item2)).Select(m => JsonValue.Create(m.Item1))]),
        ["r"] = Size,
        ["alpha"] = Number(Scale * Size),
        ["dropout"] = 0.0,
        ["composition_mode"] = "add",
        ["init_weights"] = "lora",
        ["use_gating"] = false,
    };

    private JsonObject Bottleneck(int width) => new()
    {
        ["mh_adapter"] = false,
        ["output_adapter"] = true,
        ["reduction_factor"] = ReductionFactor(width),
        ["non_linearity"] = "relu",
        ["original_ln_before"] = true,
        ["original_ln_after"] = true,
        ["ln_before"] = false,
        ["ln_after"] = false,
        ["init_weights"] = "bert",
        ["is_parallel"] = false,
        ["scaling"] = 1.0,
        ["use_gating"] = false,
        ["residual_before_ln"] = true,
        ["adapter_residual_before_ln"] = false,
        ["inv_adapter"] = null,
        ["inv_adapter_reduction_factor"] = null,
        ["cross_adapter"] = false,
        ["dropout"] = 0.0,
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
        ["dropout"] = 0.0,
        ["use_gating"] = false,
        ["shared_gating"] = true,
    };

    // `adapters` takes int(width // factor) as the size. Where no whole factor gives it, one in the middle of those that do is safe from rounding.
    private JsonNode ReductionFactor(int width) => width % Size == 0 ? JsonValue.Create(width / Size) : JsonValue.Create(width / (Size + 0.5));

    private static JsonNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e9 ? JsonValue.Create((long)value) : JsonValue.Create(value);

    private ArgumentOutOfRangeException Unknown() => new(nameof(Form), Form, "AdapterHub has no configuration for this form");
}
