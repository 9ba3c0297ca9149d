using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;

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

    /// <summary>The class that takes the files: `adapters`' own with heads of any kind, or of a model that writes transformers' own.</summary>
    public static string ModelClass(BackboneConfig config, HeadPlan head) => config.ModelType switch
    {
        "bert" => "BertAdapterModel",
        "roberta" => "RobertaAdapterModel",
        "bart" => head.IsLanguageModel ? "BartForConditionalGeneration" : "BartAdapterModel",
        "t5" => "T5ForConditionalGeneration",
        var other => throw new ArgumentOutOfRangeException(nameof(config), other, "no class of AdapterHub's is known for this model type"),
    };
}
