using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests;

/// <summary>The reference's LoRA, (IA)3 and biases, which are AdapterHub's files, in PEFT's layout: by a rewriting of names alone, which knows nothing of the studio's own writers.</summary>
internal static partial class GoldenInPeftLayout
{
    private const string Root = "base_model.model.";

    /// <param name="files">of the reference's adapter</param>
    /// <param name="backbone">whose norms' weights stand beside their biases</param>
    /// <param name="kind">LORA, IA3, or LN_TUNING: biases of norms as PEFT's copies of the norms, the other biases beside them</param>
    /// <param name="folder">where to</param>
    public static void Write(string files, Backbone backbone, string kind, TempFolder folder)
    {
        var source = Path.Combine(files, "adapter.safetensors");
        var (modules, tensors) = (new SortedSet<string>(StringComparer.Ordinal), new List<SafetensorsTensor>());
        using var file = SafetensorsFile.Open(File.Exists(source) ? source : Path.Combine(files, "biases.safetensors"));
        foreach (var entry in file.Entries)
        {
            tensors.Add(SafetensorsTensor.FromFloats(Key(entry.Key, kind), file.ReadFloats(entry.Key), entry.Shape.AsSpan()));
            if (Module(entry.Key, kind) is not { } module)
                continue;
            modules.Add(module);
            if (kind == "LN_TUNING")
                tensors.Add(SafetensorsTensor.FromFloats($"{Root}{module}.ln_tuning_layers.weight", backbone[backbone.BareKey(module) + ".weight"].data<float>().ToArray(), backbone.Config.HiddenSize));
        }
        SafetensorsWriter.Write(folder["adapter_model.safetensors"], tensors);
        // Whole paths: their ends are other modules' too.
        var config = new JsonObject { ["peft_type"] = kind, ["target_modules"] = modules.Count == 0 ? new JsonArray() : string.Join('|', modules.Select(Regex.Escape)) };
        if (kind == "IA3")
            config["feedforward_modules"] = new JsonArray();
        if (kind == "LORA" && modules.Count > 0)
            (config["r"], config["lora_alpha"]) = RankAndAlpha(Path.Combine(files, "adapter_config.json"));
        folder.Write("adapter_config.json", config.ToJsonString());
    }

    /// <summary>PEFT's key of a tensor that AdapterHub's files, or the reference's of biases, call so.</summary>
    public static string Key(string theirs, string kind) => Root + (kind switch
    {
        "IA3" => theirs.Replace(".loras.x.lora_B", ".ia3_l", StringComparison.Ordinal),
        "LN_TUNING" when Module(theirs, kind) is { } norm => $"{norm}.ln_tuning_layers.bias",
        _ => LowRank().Replace(theirs, ".$1.weight"),
    });

    private static string? Module(string theirs, string kind) =>
        theirs.IndexOf(".loras.x.", StringComparison.Ordinal) is > 0 and var end ? theirs[..end]
        : kind == "LN_TUNING" && theirs.EndsWith("LayerNorm.bias", StringComparison.Ordinal) ? theirs[..^".bias".Length]
        : null;

    private static (JsonNode, JsonNode) RankAndAlpha(string path)
    {
        var config = JsonNode.Parse(File.ReadAllText(path))?["config"] ?? throw new JsonException(path);
        return (config["r"]!.DeepClone(), config["alpha"]!.DeepClone());
    }

    [GeneratedRegex(@"\.loras\.x\.(lora_[AB])$")]
    private static partial Regex LowRank();
}
