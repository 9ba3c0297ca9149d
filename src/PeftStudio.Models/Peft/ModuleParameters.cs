using PeftStudio.Models.Backbones;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// The parameters of one placed module, named under the module they change. These names are the layout of the studio's own adapter files:
/// <c>encoder.layer.3.attention.self.query.lora.{down,up}</c>, <c>encoder.layer.3.attention.self.prefix.{key,value}</c>,
/// <c>encoder.layer.3.output.adapter.{down,up}.{weight,bias}</c>, <c>encoder.layer.3.attention.output.lowrank-adapter.{down,up}.{left,right,bias}</c>,
/// <c>encoder.layer.3.attention.self.key.ia3.rescaling</c>; trained biases and norms have the checkpoint's own names.
/// </summary>
internal static class ModuleParameters
{
    /// <summary>The last part of a multiplied vector's name.</summary>
    public const string Rescaling = "rescaling";

    public static string Prefix(ModulePlacement module) => (module.Address ?? (Representations.AreSubLayers(module.Form, module.Insertion)
        ? ModuleSites.SubLayer(module.Layer, module.Site)
        : ModuleSites.Module(module.Layer, module.Site))) + $".{module.Method}";

    public static IEnumerable<ParameterSpec> Of(ModulePlacement module, StackShape stack, InitialisationSeed seed)
    {
        long size = module.Size, width = stack.Width;
        var prefix = Prefix(module);
        switch (module.Form)
        {
            case FunctionalForm.LowRank when module.Insertion == InsertionForm.BeforeResidual:
                yield return Drawn("down", [size, width], InitialValues.Down);
                yield return Zero("up", [width, size]);
                break;
            case FunctionalForm.LowRank:
                var (output, input) = Widths(module.Site, stack);
                yield return Drawn("down", [size, input], InitialValues.Down);
                yield return Zero("up", [output, size]);
                break;
            case FunctionalForm.Bottleneck:
                yield return Drawn("down.weight", [size, width], InitialValues.Down);
                yield return Zero("down.bias", [size]);
                yield return Zero("up.weight", [width, size]);
                yield return Zero("up.bias", [width]);
                break;
            case FunctionalForm.LowRankBottleneck:
                long inner = LowRankBottlenecks.Bottleneck(stack.Width);
                yield return Drawn("down.left", [size, width], InitialValues.Glorot);
                yield return Drawn("down.right", [inner, size], InitialValues.Glorot);
                yield return Zero("down.bias", [inner]);
                yield return Drawn("up.left", [size, inner], InitialValues.Glorot);
                yield return Zero("up.right", [width, size]);
                yield return Zero("up.bias", [width]);
                break;
            case FunctionalForm.KeyValue when !module.Gated:
                yield return Drawn("key", [size, stack.InnerWidth], InitialValues.Down);
                yield return Zero("value", [size, stack.InnerWidth]);
                break;
            case FunctionalForm.KeyValue:
                yield return Drawn("key", [size, stack.InnerWidth], NormalPrefix);
                yield return Drawn("value", [size, stack.InnerWidth], NormalPrefix);
                break;
            case FunctionalForm.Rescaling:
                long[] shape = [module.Site == ModifiedRepresentation.FeedForwardActivation ? stack.FeedForward : Widths(module.Site, stack).Output];
                yield return Spec(ModuleParameters.Rescaling, shape, () => InitialValues.Ones(shape));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(module), module.Form, "not a module with parameters of its own");
        }

        ParameterSpec Drawn(string part, long[] shape, Func<long[], ulong, Tensor> draw) =>
            Spec(part, shape, () => draw(shape, seed.For(module.Layer, $"{module.Address ?? module.Site.ToString()}.{part}", module.Method)));

        ParameterSpec Zero(string part, long[] shape) => Spec(part, shape, () => InitialValues.Zeros(shape));

        ParameterSpec Spec(string part, long[] shape, Func<Tensor> initial)
        {
            var name = $"{prefix}.{part}";
            return new ParameterSpec(name, shape, module.Method, ParameterGroups.Decays(name), initial);
        }

        static Tensor NormalPrefix(long[] shape, ulong seed) => InitialValues.Normal(shape, InitialValues.PrefixDeviation, seed);
    }

    private static (long Output, long Input) Widths(ModifiedRepresentation site, StackShape stack) => site switch
    {
        ModifiedRepresentation.AttentionOutput => (stack.Width, stack.InnerWidth),
        ModifiedRepresentation.FeedForwardInner => (stack.FeedForward, stack.Width),
        ModifiedRepresentation.FeedForwardOutput => (stack.Width, stack.FeedForward),
        _ => (stack.InnerWidth, stack.Width),
    };
}
