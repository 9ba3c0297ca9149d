using PeftStudio.Formats.Backbones;

namespace PeftStudio.Models.Peft;

/// <summary>The names of AdapterHub's layout, and of the two files that it has no room for.</summary>
internal static class AdapterHubFiles
{
    public const string Config = "adapter_config.json";
    public const string Weights = "adapter.safetensors";
    public const string HeadConfig = "head_config.json";
    public const string HeadWeights = "model_head.safetensors";

    /// <summary>Ours: the full new value of every trained bias and norm weight.</summary>
    public const string Biases = "biases.safetensors";

    /// <summary>Ours: the names of the adapters that are stacked, each a folder beside it.</summary>
    public const string Stack = "stack.json";

    /// <summary>The class of `adapters` that takes adapters and heads of any kind.</summary>
    public static string ModelClass(BackboneConfig config) => config.ModelType switch
    {
        "bert" => "BertAdapterModel",
        "roberta" => "RobertaAdapterModel",
        var other => throw new ArgumentOutOfRangeException(nameof(config), other, "no class of AdapterHub's is known for this model type"),
    };
}
