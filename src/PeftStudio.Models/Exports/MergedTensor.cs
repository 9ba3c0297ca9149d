using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// The weight or bias that does what a product of the backbone and the linear modules on it do, in the order of the forward pass: vectors on its input, LoRA beside it, vectors on
/// its output, low-rank changes of the sub-layer that it ends.
/// </summary>
internal static class MergedTensor
{
    /// <param name="source">holds linear modules alone</param>
    /// <param name="key">a bare key of the backbone or of the head</param>
    /// <returns>fp32, in the caller's scope</returns>
    public static Tensor Of(ExportSource source, string key)
    {
        var value = Unchanged(source, key).to(ScalarType.Float32);
        var isWeight = key.EndsWith(".weight", StringComparison.Ordinal);
        var sites = LayerSites.Of(source.Backbone.Config);
        var onProduct = source.Model.Plan.Modules.Where(m => key.StartsWith(Product(m, sites) + ".", StringComparison.Ordinal)).ToArray();
        var here = onProduct.Where(m => m.Site != ModifiedRepresentation.FeedForwardActivation).ToArray();
        foreach (var lora in here.Where(m => isWeight && m is { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel }))
            value = value.add(Change(source, lora)); // (out, in)
        foreach (var inner in onProduct.Where(m => isWeight && m.Site == ModifiedRepresentation.FeedForwardActivation))
            value = value.mul(Vector(source, inner)); // column j times l_j
        foreach (var outer in here.Where(m => m.Form == FunctionalForm.Rescaling))
            value = value.mul(isWeight ? Vector(source, outer).unsqueeze(1) : Vector(source, outer)); // row i times l_i
        var below = here.Where(m => m is { Form: FunctionalForm.LowRank, Insertion: InsertionForm.BeforeResidual }).ToArray();
        // All of them read the product's own output.
        return below.Aggregate(value, (sum, change) => sum.add(Change(source, change).matmul(value)));
    }

    /// <summary>That of what <see cref="Of"/> gives.</summary>
    public static long[] Shape(ExportSource source, string key) => Unchanged(source, key).shape;

    private static Tensor Unchanged(ExportSource source, string key) => source.Model.Parameters.Contains(key) ? source.Value(key) : source.Backbone[key];

    /// <summary>The bare key of the product whose weight takes the module: the one that it is on, that ends its sub-layer, or that reads the activation.</summary>
    private static string Product(ModulePlacement module, LayerSites sites)
    {
        var site = module.Site == ModifiedRepresentation.FeedForwardActivation ? ModifiedRepresentation.FeedForwardOutput : module.Site;
        return sites.Modules(module.Stack, module.Layer, site).Single(place => place.IsCross == module.IsCross).Address ?? ModuleSites.Module(module.Layer, site);
    }

    /// <summary>s Up Down.</summary>
    private static Tensor Change(ExportSource source, ModulePlacement module)
    {
        var name = ModuleParameters.Prefix(module);
        return source.Value($"{name}.up").matmul(source.Value($"{name}.down")).mul(module.Scale);
    }

    private static Tensor Vector(ExportSource source, ModulePlacement module) => source.Value($"{ModuleParameters.Prefix(module)}.{ModuleParameters.Rescaling}");
}
