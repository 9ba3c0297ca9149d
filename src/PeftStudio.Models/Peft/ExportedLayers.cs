using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;

namespace PeftStudio.Models.Peft;

/// <summary>
/// How many layers the backbone of an exported adapter has, in the metadata of its weights. PEFT's configuration names modules and not where the layers end, so that an adapter of lower layers
/// would load into a deeper backbone. A field of ours in it is an error to older versions of peft; metadata troubles no reader.
/// </summary>
internal static class ExportedLayers
{
    /// <summary>In the metadata.</summary>
    public const string Name = "peftstudio.layers";

    /// <summary>Of each stack: 12, or 12 + 12.</summary>
    public static string Of(Backbone backbone) => string.Join(" + ", backbone.Shape.Stacks.Select(stack => FormattableString.Invariant($"{stack.Layers}")));

    /// <summary>Files that do not say are read.</summary>
    /// <exception cref="SafetensorsException">The file says another number.</exception>
    public static void Require(SafetensorsFile file, Backbone backbone)
    {
        if (file.Metadata.TryGetValue(Name, out var layers) && layers != Of(backbone))
            throw new SafetensorsException(file.Path, null, $"is for a backbone of {layers} layers, and this one has {Of(backbone)}; take the backbone that the adapter was trained on");
    }
}
