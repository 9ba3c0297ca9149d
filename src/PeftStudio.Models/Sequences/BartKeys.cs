using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>Post-norm: a sub-layer's norm comes after its residual is added.</summary>
/// <param name="Peft">what a trial put into the layer.</param>
/// <param name="CrossPeft">what it put into the attention to the encoder.</param>
internal sealed record BartLayerWeights(
    AttentionWeights Self, NormWeights SelfNorm, AttentionWeights? Cross, NormWeights? CrossNorm, LinearWeights Inner, LinearWeights Output, NormWeights OutputNorm,
    LayerPeft Peft, LayerPeft CrossPeft);

/// <param name="Positions">(positions + 2, width)</param>
/// <param name="Lowest">the first layer that gradients reach, from 0; -1: the embeddings; the number of layers: none.</param>
internal sealed record BartStackWeights(Tensor Positions, NormWeights EmbeddingNorm, IReadOnlyList<BartLayerWeights> Layers, int Lowest);

/// <param name="Words">(vocabulary, width), of both stacks and of the language-model head.</param>
internal sealed record BartWeights(Tensor Words, BartStackWeights Encoder, BartStackWeights Decoder);

/// <summary>BART's tensors by their keys, and the weights that they make up.</summary>
internal static class BartKeys
{
    /// <summary>(1, vocabulary): a constant of the language-model head, never trained.</summary>
    public const string LogitsBias = "final_logits_bias";

    private const string Words = "shared.weight";
    private static readonly string[] Products = ["q_proj", "k_proj", "v_proj", "out_proj"];

    public static IEnumerable<(string Key, long[] Shape)> Of(BackboneConfig config, DecoderConfig decoder)
    {
        long d = config.HiddenSize;
        yield return (Words, [config.VocabSize, d]);
        foreach (var (stack, layers, inner, attentions) in new[]
        {
            ("encoder", config.Layers, config.IntermediateSize, new[] { "self_attn" }), ("decoder", decoder.Layers, decoder.IntermediateSize, ["self_attn", "encoder_attn"]),
        })
        {
            yield return ($"{stack}.embed_positions.weight", [config.MaxPositionEmbeddings + BartNetwork.FirstPosition, d]);
            foreach (var key in Module($"{stack}.layernorm_embedding", d))
                yield return key;
            for (var i = 0; i < layers; i++)
            {
                var layer = Layer(stack, i);
                foreach (var attention in attentions)
                    foreach (var key in Products.SelectMany(product => Module($"{layer}.{attention}.{product}", d, d)).Concat(Module($"{layer}.{attention}_layer_norm", d)))
                        yield return key;
                foreach (var key in Module($"{layer}.fc1", inner, d).Concat(Module($"{layer}.fc2", d, inner)).Concat(Module($"{layer}.final_layer_norm", d)))
                    yield return key;
            }
        }

        static IEnumerable<(string, long[])> Module(string module, params long[] weight) => [($"{module}.weight", weight), ($"{module}.bias", [weight[0]])];
    }

    public static BartWeights Weights(BackboneConfig config, DecoderConfig decoder, Func<string, Tensor> tensor, Func<string, int, bool, LayerPeft> peft, Func<string, int> lowest)
    {
        return new(tensor(Words), Stack("encoder", config.Layers, cross: false), Stack("decoder", decoder.Layers, cross: true));

        BartStackWeights Stack(string stack, int layers, bool cross) => new(
            tensor($"{stack}.embed_positions.weight"), Norm($"{stack}.layernorm_embedding"), [.. Enumerable.Range(0, layers).Select(i => Of(stack, i, cross))], lowest(stack));

        BartLayerWeights Of(string stack, int i, bool cross) => new(
            Attention(Self(stack, i)), Norm(Self(stack, i) + "_layer_norm"),
            cross ? Attention(Cross(stack, i)) : null, cross ? Norm(Cross(stack, i) + "_layer_norm") : null,
            Linear(Layer(stack, i) + ".fc1"), Linear(Layer(stack, i) + ".fc2"), Norm(Layer(stack, i) + ".final_layer_norm"), peft(stack, i, false), peft(stack, i, true));

        AttentionWeights Attention(string module) => new(Linear(module + ".q_proj"), Linear(module + ".k_proj"), Linear(module + ".v_proj"), Linear(module + ".out_proj"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"));

        NormWeights Norm(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"), config.LayerNormEps);
    }

    public static string Self(string stack, int layer) => Layer(stack, layer) + ".self_attn";

    public static string Cross(string stack, int layer) => Layer(stack, layer) + ".encoder_attn";

    public static string Layer(string stack, int index) => FormattableString.Invariant($"{stack}.layers.{index}");
}
