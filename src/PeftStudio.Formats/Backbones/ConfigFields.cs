using System.Globalization;
using System.Text.Json;
using PeftStudio.Search;

namespace PeftStudio.Formats.Backbones;

/// <summary>The fields of config.json that every family has.</summary>
internal static class ConfigFields
{
    // Far above any published model, low enough that no product of sizes overflows a long.
    public const int MaxSize = 1 << 20;
    public const int MaxVocab = 1 << 26;
    public const int MaxLayers = 10_000;
    private const int MaxLabels = 100_000;

    private static readonly string[] ProblemTypes = ["regression", "single_label_classification", "multi_label_classification"];

    public static void RefuseWhatIsNotBuilt(JsonFields fields)
    {
        if (fields.ObjectOrNull("pruned_heads") is { } pruned && pruned.Element.EnumerateObject().Any())
            throw fields.Wrong("pruned_heads", "is not empty; a model with all its heads is wanted");
        if (fields.Has("quantization_config"))
            throw fields.Wrong("quantization_config", "is set; weights in F32, F16 or BF16 are wanted");
    }

    /// <summary>Of T5 and BART: a file may leave the flag out, but not deny it.</summary>
    public static void RequireDecoder(JsonFields fields)
    {
        if (fields.BoolOrNull("is_encoder_decoder") is false)
            throw fields.Wrong("is_encoder_decoder", "is false; an encoder with a decoder is wanted");
    }

    public static Activation Act(JsonFields fields, string name) => fields.StringOrNull(name) switch
    {
        null or "gelu" or "gelu_python" => Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        var other => throw fields.Wrong(name, $"is '{other}'; gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu, silu are supported"),
    };

    public static double? Probability(JsonFields fields, string name) => fields.DoubleOrNull(name, 0, 0.999);

    public static ValueList<string> Labels(JsonFields fields)
    {
        var count = fields.IntOrNull("num_labels", 1, MaxLabels);
        if (fields.ObjectOrNull("id2label") is not { } map)
            return Enumerable.Range(0, count ?? 2).Select(i => $"LABEL_{i}").ToValueList();
        var names = map.EachString().ToDictionary(label => label.Name, label => label.Value, StringComparer.Ordinal);
        if (names.Count > MaxLabels)
            throw fields.Wrong("id2label", $"names {names.Count} labels; at most {MaxLabels} are read");
        if (names.Count == 0 || (count is not null && count != names.Count))
            throw fields.Wrong("id2label", $"names {names.Count} labels; num_labels is {(count is null ? "not given" : count)}");
        return Enumerable.Range(0, names.Count).Select(i => i.ToString(CultureInfo.InvariantCulture))
            .Select(id => names.TryGetValue(id, out var name) ? name : throw map.Wrong(id, "is missing")).ToValueList();
    }

    public static string? Problem(JsonFields fields) => fields.StringOrNull("problem_type") switch
    {
        null => null,
        var type when ProblemTypes.Contains(type, StringComparer.Ordinal) => type,
        var other => throw fields.Wrong("problem_type", $"is '{other}'; {string.Join(", ", ProblemTypes)} are known"),
    };

    public static ValueList<string> Ignored(JsonFields fields)
    {
        if (!fields.Has("auto_map"))
            return [];
        var value = fields.Element.GetProperty("auto_map");
        var names = value.ValueKind == JsonValueKind.Object ? string.Join(", ", value.EnumerateObject().Select(p => p.Name)) : "not an object";
        return [$"'auto_map' ({names}) asks for code of the model's author to be run; it was ignored"];
    }
}
