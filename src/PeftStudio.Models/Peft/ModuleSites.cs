using PeftStudio.Models.Backbones;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>Where in an encoder layer each modified representation lives.</summary>
internal static class ModuleSites
{
    public static readonly IReadOnlyList<ModifiedRepresentation> Linears =
    [
        ModifiedRepresentation.Query, ModifiedRepresentation.Key, ModifiedRepresentation.Value, ModifiedRepresentation.AttentionOutput,
        ModifiedRepresentation.FeedForwardInner, ModifiedRepresentation.FeedForwardOutput,
    ];

    /// <summary>The bare key of the module that computes a representation.</summary>
    public static string Module(int layer, ModifiedRepresentation site) => EncoderKeys.Layer(layer) + (site switch
    {
        ModifiedRepresentation.Query => "attention.self.query",
        ModifiedRepresentation.Key => "attention.self.key",
        ModifiedRepresentation.Value => "attention.self.value",
        ModifiedRepresentation.AttentionOutput => "attention.output.dense",
        ModifiedRepresentation.FeedForwardInner => "intermediate.dense",
        ModifiedRepresentation.FeedForwardOutput => "output.dense",
        ModifiedRepresentation.AttentionHeads => "attention.self",
        _ => throw new ArgumentOutOfRangeException(nameof(site), site, "not one module of a layer"),
    });

    /// <summary>The biases that a method of the form Bias trains at its sites.</summary>
    public static IEnumerable<string> Biases(int layer, ModifiedRepresentation sites)
    {
        foreach (var site in Linears.Where(site => sites.HasFlag(site)))
            yield return Module(layer, site) + ".bias";
        if (!sites.HasFlag(ModifiedRepresentation.Norms))
            yield break;
        yield return EncoderKeys.Layer(layer) + "attention.output.LayerNorm.bias";
        yield return EncoderKeys.Layer(layer) + "output.LayerNorm.bias";
    }
}
