using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Exports;

/// <summary>adapter_config.json of HF PEFT (0.20) for LoRA of different ranks: the most frequent rank and alpha as the rule, the others by pattern.</summary>
internal static class PeftConfig
{
    public static JsonObject Of(IReadOnlyList<ModulePlacement> modules, string backboneName, bool biases, IEnumerable<string> modulesToSave)
    {
        var sizes = modules.GroupBy(m => (m.Size, m.Scale)).OrderByDescending(g => g.Count()).ThenBy(g => g.Min(m => m.Layer)).ToArray();
        var ((rank, scale), others) = (sizes[0].Key, sizes[1..]);
        return new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "SEQ_CLS",
            ["base_model_name_or_path"] = backboneName,
            ["inference_mode"] = true,
            ["r"] = rank,
            ["lora_alpha"] = Number(scale * rank),
            ["lora_dropout"] = 0.0,
            ["bias"] = biases ? "all" : "none",
            ["target_modules"] = $@"(.*\.)?({string.Join('|', sizes.SelectMany(g => Expressions(g)))})",
            ["rank_pattern"] = Pattern(others.Where(g => g.Key.Size != rank), size => size.Size),
            ["alpha_pattern"] = Pattern(others.Where(g => g.Key.Scale * g.Key.Size != scale * rank), size => size.Scale * size.Size),
            ["modules_to_save"] = new JsonArray([.. modulesToSave.Select(name => JsonValue.Create(name))]),
            ["fan_in_fan_out"] = false,
            ["use_rslora"] = false,
            ["use_dora"] = false,
            ["init_lora_weights"] = true,
        };
    }

    private static JsonObject Pattern(IEnumerable<IGrouping<(int Size, double Scale), ModulePlacement>> sizes, Func<(int Size, double Scale), double> value) =>
        new(sizes.SelectMany(g => Expressions(g).Select(e => KeyValuePair.Create<string, JsonNode?>(e, Number(value(g.Key))))));

    /// <summary>The modules as expressions, one for each set of sites: <c>encoder\.layer\.(0|1)\.(attention\.self\.query|attention\.self\.value)</c>.</summary>
    private static IEnumerable<string> Expressions(IEnumerable<ModulePlacement> modules) =>
        modules.GroupBy(m => m.Layer)
            .GroupBy(layer => string.Join('|', layer.Select(m => m.Site).Order().Select(Site)), layer => layer.Key, StringComparer.Ordinal)
            .Select(alike => $@"encoder\.layer\.({string.Join('|', alike.Order().Select(i => i.ToString(CultureInfo.InvariantCulture)))})\.({alike.Key})");

    private static string Site(ModifiedRepresentation site) => Regex.Escape(ModuleSites.Module(0, site)["encoder.layer.0.".Length..]);

    private static JsonNode Number(double value) => value == Math.Floor(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
}
