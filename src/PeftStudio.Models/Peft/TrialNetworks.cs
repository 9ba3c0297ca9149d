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
    /// <returns>the first layer of the stack that gradients reach, from 0; -1: the embeddings; the number of its layers: none.</returns>
    public static int Of(InsertionPlan plan, BackboneConfig config, string stack)
    {
        // Every layer of a decoder reads what the encoder gives.
        if (stack == "decoder" && Of(plan, config, "encoder") is var below && below < config.Layers)
            return below < 0 ? -1 : 0;
        if (plan.Tensors.Any(t => t.Key.StartsWith("embeddings.", StringComparison.Ordinal) || t.Key.StartsWith("shared.", StringComparison.Ordinal)))
            return -1;
        var layers = stack == "encoder" ? config.Layers : config.Decoder!.Layers;
        for (var i = 0; i < layers; i++)
            if (plan.Modules.Any(m => m.Stack == stack && m.Layer == i) || plan.Tensors.Any(t => t.Key.StartsWith(LayerSites.Of(config).Layer(stack, i), StringComparison.Ordinal)))
                return i;
        return layers;
    }
}
