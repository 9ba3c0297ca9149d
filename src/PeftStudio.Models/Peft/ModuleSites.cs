using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>Where in an encoder layer each modified representation lives.</summary>
internal static class ModuleSites
{
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
        ModifiedRepresentation.FeedForwardActivation => "intermediate",
        _ => throw new ArgumentOutOfRangeException(nameof(site), site, "not one module of a layer"),
    });

    /// <summary>The bare key of the sub-layer that ends with a representation.</summary>
    public static string SubLayer(int layer, ModifiedRepresentation site) => EncoderKeys.Layer(layer) + (site switch
    {
        ModifiedRepresentation.AttentionOutput => "attention.output",
        ModifiedRepresentation.FeedForwardOutput => "output",
        _ => throw new ArgumentOutOfRangeException(nameof(site), site, "no output of a sub-layer"),
    });

    /// <summary>The backbone's own tensors that a method of the form Bias or Affine trains.</summary>
    public static IEnumerable<string> Trained(int layer, PeftMethod method)
    {
        foreach (var site in Representations.In(method.Representation & Representations.Products))
            yield return Module(layer, site) + ".bias";
        if (!method.Representation.HasFlag(ModifiedRepresentation.Norms))
            yield break;
        foreach (var site in Representations.In(Representations.SubLayers))
        {
            if (method.Form == FunctionalForm.Affine)
                yield return SubLayer(layer, site) + ".LayerNorm.weight";
            yield return SubLayer(layer, site) + ".LayerNorm.bias";
        }
    }
}
