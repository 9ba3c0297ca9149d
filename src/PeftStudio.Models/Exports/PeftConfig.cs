using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PeftStudio.Formats.Exports;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Exports;

/// <summary>adapter_config.json of HF PEFT (0.20).</summary>
/// <param name="backboneName">what the files call the backbone</param>
/// <param name="writes">whether the model writes words, with a decoder; else a head classifies</param>
/// <param name="modulesToSave">modules that are saved whole: the head's, and norms</param>
internal sealed class PeftConfig(PeftPaths paths, string backboneName, bool writes, IEnumerable<string> modulesToSave)
{
    /// <summary>LoRA of different ranks: the most frequent rank and alpha as the rule, the others by pattern.</summary>
    public JsonObject Lora(IReadOnlyList<ModulePlacement> modules, bool biases)
    {
        var sizes = modules.GroupBy(m => (m.Size, m.Scale)).OrderByDescending(g => g.Count()).ThenBy(g => g.Min(m => m.Layer)).ToArray();
        var ((rank, scale), others) = (sizes[0].Key, sizes[1..]);
        return Of(PeftFolder.Lora, Expression(sizes.SelectMany(g => Expressions(g))), new JsonObject
        {
            ["r"] = rank,
            ["lora_alpha"] = Number(scale * rank),
            ["lora_dropout"] = JsonText.Float(0),
            ["bias"] = biases ? "all" : "none",
            ["rank_pattern"] = Pattern(others.Where(g => g.Key.Size != rank), size => size.Size),
            ["alpha_pattern"] = Pattern(others.Where(g => g.Key.Scale * g.Key.Size != scale * rank), size => size.Scale * size.Size),
            ["fan_in_fan_out"] = false,
            ["use_rslora"] = false,
            ["use_dora"] = false,
            ["init_lora_weights"] = true,
        });
    }

    /// <summary>(IA)3. Where no vector multiplies what a product reads, an empty list says so: PEFT puts a default in the place of null.</summary>
    public JsonObject Ia3(IReadOnlyList<ModulePlacement> modules)
    {
        var fed = modules.Where(m => Representations.ReaderOf(m.Site) is not ModifiedRepresentation.None).ToArray();
        return Of(PeftFolder.Ia3, Expression(Expressions(modules)), new JsonObject
        {
            ["feedforward_modules"] = fed.Length == 0 ? new JsonArray() : JsonValue.Create(Expression(Expressions(fed))),
            ["fan_in_fan_out"] = false,
            ["init_ia3_weights"] = true,
        });
    }

    /// <param name="norms">bare keys of norm modules</param>
    public JsonObject LayerNorm(IEnumerable<string> norms) =>
        Of(PeftFolder.LayerNorm, new JsonArray([.. norms.Select(norm => JsonValue.Create(paths.Wrapper + norm))]), new JsonObject());

    private JsonObject Of(string type, JsonNode targets, JsonObject own)
    {
        own["peft_type"] = type;
        own["task_type"] = writes ? PeftFolder.Writes : PeftFolder.Classifies;
        own["base_model_name_or_path"] = backboneName;
        own["inference_mode"] = true;
        own["target_modules"] = targets;
        own["modules_to_save"] = new JsonArray([.. modulesToSave.Select(name => JsonValue.Create(name))]);
        return own;
    }

    private JsonObject Pattern(IEnumerable<IGrouping<(int Size, double Scale), ModulePlacement>> sizes, Func<(int Size, double Scale), double> value) =>
        new(sizes.SelectMany(g => PatternKeys(g).Select(e => KeyValuePair.Create<string, JsonNode?>(e, Number(value(g.Key))))));

    /// <summary>
    /// PEFT before 0.15 matches an expression only behind something and a dot, which T5's paths do not have before "encoder" and "decoder"; a plain path it looks up, and a later
    /// one matches it as well.
    /// </summary>
    private IEnumerable<string> PatternKeys(IEnumerable<ModulePlacement> modules) => paths.Wrapper.Length > 0 ? Expressions(modules) : modules.Select(paths.Product);

    private static string Expression(IEnumerable<string> alternatives) => $@"(.*\.)?({string.Join('|', alternatives)})";

    /// <summary>The modules as expressions, one for each set of products: <c>encoder\.layer\.(0|1)\.(attention\.self\.query|attention\.self\.value)</c>.</summary>
    private IEnumerable<string> Expressions(IEnumerable<ModulePlacement> modules) =>
        modules.GroupBy(m => (m.Stack, m.Layer))
            .GroupBy(layer => (layer.Key.Stack, Products: string.Join('|', layer.OrderBy(m => m.Site).ThenBy(m => m.IsCross).Select(InLayer))), layer => layer.Key.Layer)
            .Select(alike => $@"{Stem(alike.Key.Stack)}({string.Join('|', alike.Order().Select(i => i.ToString(CultureInfo.InvariantCulture)))})\.({alike.Key.Products})");

    private string Stem(string stack) => Regex.Escape(paths.Layer(stack, 0)[..^"0.".Length]);

    private string InLayer(ModulePlacement module) => Regex.Escape(paths.Product(module)[paths.Layer(module.Stack, module.Layer).Length..]);

    private static JsonNode Number(double value) => value == Math.Floor(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
}
