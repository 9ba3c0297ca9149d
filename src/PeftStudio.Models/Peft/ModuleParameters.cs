using PeftStudio.Models.Backbones;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// The parameters of one placed module, named under the module they change. These names are the layout of the studio's own adapter files:
/// <c>encoder.layer.3.attention.self.query.lora.{down,up}</c>, <c>encoder.layer.3.attention.self.prefix.{key,value}</c>,
/// <c>encoder.layer.3.output.adapter.{down,up}.{weight,bias}</c>; trained biases have the checkpoint's own names.
/// </summary>
internal static class ModuleParameters
{
    public static string Prefix(ModulePlacement module) => module.Form == FunctionalForm.Bottleneck
        ? $"{EncoderKeys.Layer(module.Layer)}output.{module.Method}"
        : $"{ModuleSites.Module(module.Layer, module.Site)}.{module.Method}";

    public static IEnumerable<ParameterSpec> Of(ModulePlacement module, StackShape stack, InitialisationSeed seed)
    {
        long size = module.Size, width = stack.Width;
        var prefix = Prefix(module);
        switch (module.Form)
        {
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
            case FunctionalForm.KeyValue:
                yield return Drawn("key", [size, stack.InnerWidth], NormalPrefix);
                yield return Drawn("value", [size, stack.InnerWidth], NormalPrefix);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(module), module.Form, "not a module with parameters of its own");
        }

        ParameterSpec Drawn(string part, long[] shape, Func<long[], ulong, Tensor> draw) =>
            Spec(part, shape, () => draw(shape, seed.For(module.Layer, $"{module.Site}.{part}", module.Method)));

        ParameterSpec Zero(string part, long[] shape) => Spec(part, shape, () => InitialValues.Zeros(shape));

        ParameterSpec Spec(string part, long[] shape, Func<Tensor> initial)
        {
            var name = $"{prefix}.{part}";
            return new ParameterSpec(name, shape, module.Method, ParameterGroups.Decays(name), initial);
        }

        static Tensor NormalPrefix(long[] shape, ulong seed) => InitialValues.Normal(shape, InitialValues.PrefixDeviation, seed);
    }

    /// <summary>The layer's modules over the trial's parameters.</summary>
    public static LayerPeft Layer(IEnumerable<ModulePlacement> modules, ParameterBuffer parameters)
    {
        var peft = LayerPeft.None;
        foreach (var module in modules)
            peft = module.Form switch
            {
                FunctionalForm.LowRank => With(peft, module, new LowRank(Part(module, "down"), Part(module, "up"), module.Scale)),
                FunctionalForm.KeyValue => peft with { Prefix = Free(peft.Prefix, module, new KeyValue(Part(module, "key"), Part(module, "value"))) },
                FunctionalForm.Bottleneck => peft with
                {
                    AfterFeedForward = Free(peft.AfterFeedForward, module, new Bottleneck(
                        Part(module, "down.weight"), Part(module, "down.bias"), Part(module, "up.weight"), Part(module, "up.bias"))),
                },
                _ => throw new ArgumentOutOfRangeException(nameof(modules), module.Form, "not a module with parameters of its own"),
            };
        return peft;

        Tensor Part(ModulePlacement module, string part) => parameters[$"{Prefix(module)}.{part}"].Value;
    }

    private static LayerPeft With(LayerPeft peft, ModulePlacement module, LowRank lora) => module.Site switch
    {
        ModifiedRepresentation.Query => peft with { Query = Free(peft.Query, module, lora) },
        ModifiedRepresentation.Key => peft with { Key = Free(peft.Key, module, lora) },
        ModifiedRepresentation.Value => peft with { Value = Free(peft.Value, module, lora) },
        ModifiedRepresentation.AttentionOutput => peft with { AttentionOutput = Free(peft.AttentionOutput, module, lora) },
        ModifiedRepresentation.FeedForwardInner => peft with { FeedForwardInner = Free(peft.FeedForwardInner, module, lora) },
        ModifiedRepresentation.FeedForwardOutput => peft with { FeedForwardOutput = Free(peft.FeedForwardOutput, module, lora) },
        _ => throw new ArgumentOutOfRangeException(nameof(module), module.Site, "no product"),
    };

    private static T Free<T>(T? taken, ModulePlacement module, T wanted)
        where T : class => taken is null
        ? wanted
        : throw new ArgumentException($"layer {module.Layer}: two methods of the form {module.Form} at {module.Site}, the second is '{module.Method}'; one fits", nameof(module));

    private static (long Output, long Input) Widths(ModifiedRepresentation site, StackShape stack) => site switch
    {
        ModifiedRepresentation.AttentionOutput => (stack.Width, stack.InnerWidth),
        ModifiedRepresentation.FeedForwardInner => (stack.FeedForward, stack.Width),
        ModifiedRepresentation.FeedForwardOutput => (stack.Width, stack.FeedForward),
        _ => (stack.InnerWidth, stack.Width),
    };
}
