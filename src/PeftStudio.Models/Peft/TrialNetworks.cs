using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>The network of a backbone's family, over the backbone's frozen tensors and a trial's own in the places where it trains.</summary>
internal static class TrialNetworks
{
    public static ITaskNetwork Of(Backbone backbone, InsertionPlan plan, HeadPlan head, ParameterBuffer parameters)
    {
        var (config, type) = (backbone.Config, backbone.Type);
        if (config.Decoder is not { } decoder)
            return new EncoderNetwork(
                config, type, EncoderWeights.Of(config, Tensor), [.. Enumerable.Range(0, config.Layers).Select(i => Layer("encoder", i, cross: false))], Head(), LowestLayers.Of(plan, config, "encoder"));
        ISequenceNetwork network = config.T5 is { } t5
            ? new T5Network(config, t5, T5Weights.Of(config, t5, decoder, Tensor, Added, Layer, Lowest), type)
            : new BartNetwork(
                config, config.Bart!, decoder, BartWeights.Of(config, decoder, Tensor, Layer, Lowest), backbone.Contains(BartKeys.LogitsBias) ? backbone[BartKeys.LogitsBias] : null, type);
        return new SequenceNetwork(backbone, network, head.Writes ? null : Head(), head.Words);

        Tensor Tensor(string key) => parameters.Contains(key) ? parameters[key].Value : backbone[key];

        Tensor? Added(string key) => parameters.Contains(key) ? parameters[key].Value : null;

        LayerPeft Layer(string stack, int layer, bool cross) =>
            LayerModules.Of(plan.Modules.Where(m => m.Stack == stack && m.Layer == layer && m.IsCross == cross), parameters);

        int Lowest(string stack) => LowestLayers.Of(plan, config, stack);

        ClassificationHead Head() => new(backbone.HeadLayout, Linear(backbone.HeadLayout.Dense), Linear(backbone.HeadLayout.Out));

        LinearWeights Linear(string module) => new(Tensor(module + ".weight"), Tensor(module + ".bias"));
    }
}

/// <summary>How far down gradients go.</summary>
internal static class LowestLayers
{
    /// <returns>the first layer of the stack that gradients reach, from 0; -1: what comes before its layers; the number of its layers: none.</returns>
    public static int Of(InsertionPlan plan, BackboneConfig config, string stack)
    {
        var (layers, sites) = (stack == "encoder" ? config.Layers : config.Decoder!.Layers, LayerSites.Of(config));
        var lowest = plan.Modules.Where(module => module.Stack == stack).Select(module => module.Layer).Concat(plan.Tensors.Select(tensor => Place(tensor.Key))).Append(layers).Min();
        // Every layer of a decoder reads what the encoder gives, its last norm too.
        return stack == "decoder" && (plan.Modules.Any(module => module.Stack == "encoder") || plan.Tensors.Any(tensor => tensor.Key.StartsWith("encoder.", StringComparison.Ordinal)))
            ? Math.Min(lowest, 0)
            : lowest;

        int Place(string key)
        {
            if (key.StartsWith("embeddings.", StringComparison.Ordinal) || key.StartsWith("shared.", StringComparison.Ordinal))
                return -1;
            // Of the other stack, or of a head.
            if (!key.StartsWith(stack + ".", StringComparison.Ordinal))
                return layers;
            for (var i = 0; i < layers; i++)
                if (key.StartsWith(sites.Layer(stack, i), StringComparison.Ordinal))
                    return i;
            // T5's comes behind the layers; BART's positions and norm of the embeddings, before them.
            return key.StartsWith($"{stack}.final_layer_norm.", StringComparison.Ordinal) ? layers : -1;
        }
    }
}
