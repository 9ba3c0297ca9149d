using PeftStudio.Models.Peft;

namespace PeftStudio.Models.Exports;

/// <summary>What a person does with the files in AdapterHub's layout: the calls that load them, which are not the ones by default.</summary>
internal static class AdapterHubNotes
{
    /// <param name="names">of the adapters, from the bottom of the stack</param>
    /// <param name="stacked">whether each has a folder of its own</param>
    /// <param name="head">whether a head is beside them</param>
    /// <param name="biases">whether trained biases or norms are</param>
    /// <param name="modelClass">that takes them</param>
    public static IEnumerable<string> Of(string[] names, bool stacked, bool head, bool biases, string modelClass)
    {
        if (stacked)
            yield return $"One adapter of AdapterHub has one LoRA rank and one prefix length. These are {names.Length}, to be set active as {Stack(names)}.";
        if (names.Length > 0 || head)
            yield return $"To load with adapters 1.1 or later, which takes safetensors only where asked to, DIR being this folder: {string.Join("; ", [.. Model(modelClass), .. Calls(names, stacked, head)])}.";
        if (biases)
            yield return $"AdapterHub has no BitFit: load {AdapterHubFiles.Biases} into the model yourself, model.load_state_dict(load_file(\"{AdapterHubFiles.Biases}\"), strict=False); it holds full values, not changes.";
    }

    /// <summary>A class of `adapters` brings what loads adapters; transformers' own is given it.</summary>
    private static IEnumerable<string> Model(string modelClass) => modelClass.EndsWith("AdapterModel", StringComparison.Ordinal)
        ? [$"model = adapters.{modelClass}.from_pretrained(BACKBONE)"]
        : [$"model = transformers.{modelClass}.from_pretrained(BACKBONE)", "adapters.init(model)"];

    private static IEnumerable<string> Calls(string[] names, bool stacked, bool head)
    {
        foreach (var name in names)
            yield return stacked ? $"model.load_adapter(\"DIR/{name}\", use_safetensors=True)" : "model.load_adapter(\"DIR\", use_safetensors=True, set_active=True)";
        // A head is looked for beside an adapter, and here it is beside the adapters' folders.
        if (head && (stacked || names.Length == 0))
            yield return "model.load_head(\"DIR\", use_safetensors=True)";
        if (stacked)
            yield return $"model.active_adapters = adapters.composition.{Stack(names)}";
    }

    private static string Stack(string[] names) => $"Stack({string.Join(", ", names.Select(n => $"\"{n}\""))})";
}
