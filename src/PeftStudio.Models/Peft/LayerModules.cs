using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>Puts the modules of one layer, over the trial's parameters, where the layer looks for them.</summary>
internal static class LayerModules
{
    /// <exception cref="ArgumentException">Two modules want a place that takes one.</exception>
    public static LayerPeft Of(IEnumerable<ModulePlacement> modules, ParameterBuffer parameters)
    {
        var peft = LayerPeft.None;
        foreach (var module in modules)
            peft = module.Form switch
            {
                FunctionalForm.Bottleneck => OnSubLayer(peft, module, new Bottleneck(
                    Part(module, "down.weight"), Part(module, "down.bias"), Part(module, "up.weight"), Part(module, "up.bias"), module.Nonlinearity, module.Scale)),
                FunctionalForm.LowRankBottleneck => OnSubLayer(peft, module, new LowRankBottleneck(
                    Weight(module, "down"), Part(module, "down.bias"), Weight(module, "up"), Part(module, "up.bias"), module.Nonlinearity, module.Scale)),
                FunctionalForm.LowRank when module.Insertion == InsertionForm.BeforeResidual => OnSubLayer(peft, module, Low(module)),
                FunctionalForm.LowRank => OnProduct(peft, module.Site, product => product with { Lora = Free(product.Lora, module, Low(module)) }),
                FunctionalForm.KeyValue when module.Gated => peft with { Prefix = Free(peft.Prefix, module, Own(module) with { CountsAsTokens = module.CountsAsTokens }) },
                FunctionalForm.KeyValue => peft with { Heads = Free(peft.Heads, module, new HeadsAdapter(Own(module), module.Scale)) },
                FunctionalForm.Rescaling when Representations.ReaderOf(module.Site) is not ModifiedRepresentation.None and var reader =>
                    OnProduct(peft, reader, product => product with { InputRescaling = Free(product.InputRescaling, module, Part(module, ModuleParameters.Rescaling)) }),
                FunctionalForm.Rescaling =>
                    OnProduct(peft, module.Site, product => product with { Rescaling = Free(product.Rescaling, module, Part(module, ModuleParameters.Rescaling)) }),
                _ => throw new ArgumentOutOfRangeException(nameof(modules), module.Form, "not a module with parameters of its own"),
            };
        return peft;

        LowRank Low(ModulePlacement module) => new(Part(module, "down"), Part(module, "up"), module.Scale);

        LowRankWeight Weight(ModulePlacement module, string side) => new(Part(module, $"{side}.left"), Part(module, $"{side}.right"));

        KeyValue Own(ModulePlacement module) => new(Part(module, "key"), Part(module, "value"));

        Tensor Part(ModulePlacement module, string part) => parameters[$"{ModuleParameters.Prefix(module)}.{part}"].Value;
    }

    private static LayerPeft OnProduct(LayerPeft peft, ModifiedRepresentation site, Func<ProductPeft, ProductPeft> change) => site switch
    {
        ModifiedRepresentation.Query => peft with { Query = change(peft.Query) },
        ModifiedRepresentation.Key => peft with { Key = change(peft.Key) },
        ModifiedRepresentation.Value => peft with { Value = change(peft.Value) },
        ModifiedRepresentation.AttentionOutput => peft with { AttentionOutput = change(peft.AttentionOutput) },
        ModifiedRepresentation.FeedForwardInner => peft with { FeedForwardInner = change(peft.FeedForwardInner) },
        ModifiedRepresentation.FeedForwardOutput => peft with { FeedForwardOutput = change(peft.FeedForwardOutput) },
        _ => throw new ArgumentOutOfRangeException(nameof(site), site, "no product"),
    };

    private static LayerPeft OnSubLayer(LayerPeft peft, ModulePlacement module, IChange change) => module.Site == ModifiedRepresentation.AttentionOutput
        ? peft with { AfterAttention = With(peft.AfterAttention, module, change) }
        : peft with { AfterFeedForward = With(peft.AfterFeedForward, module, change) };

    private static SubLayerPeft With(SubLayerPeft changes, ModulePlacement module, IChange change) => module.Insertion switch
    {
        InsertionForm.Parallel => changes with { OfInput = [.. changes.OfInput, change] },
        InsertionForm.BeforeResidual => changes with { OfOutput = [.. changes.OfOutput, change] },
        _ => changes with { OfNormed = [.. changes.OfNormed, change] },
    };

    private static T Free<T>(T? taken, ModulePlacement module, T wanted)
        where T : class => taken is null
        ? wanted
        : throw new ArgumentException($"layer {module.Layer}: two methods of the form {module.Form} at {module.Site}, the second is '{module.Method}'; one fits", nameof(module));
}
