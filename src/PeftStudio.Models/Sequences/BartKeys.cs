using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>Post-norm: a sub-layer's norm comes after its residual is added.</summary>
internal sealed record BartLayerWeights(
    AttentionWeights Self, NormWeights SelfNorm, AttentionWeights? Cross, NormWeights? CrossNorm, LinearWeights Inner, LinearWeights Output, NormWeights OutputNorm);

/// <param name="Positions">(positions + 2, width)</param>
internal sealed record BartStackWeights(Tensor Positions, NormWeights EmbeddingNorm, IReadOnlyList<BartLayerWeights> Layers);

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

    public static BartWeights Weights(BackboneConfig config, DecoderConfig decoder, Func<string, Tensor> tensor)
    {
        return new(tensor(Words), Stack("encoder", config.Layers, cross: false), Stack("decoder", decoder.Layers, cross: true));

        BartStackWeights Stack(string stack, int layers, bool cross) => new(
            tensor($"{stack}.embed_positions.weight"), Norm($"{stack}.layernorm_embedding"), [.. Enumerable.Range(0, layers).Select(i => Of(Layer(stack, i), cross))]);

        BartLayerWeights Of(string layer, bool cross) => new(
            Attention(layer + ".self_attn"), Norm(layer + ".self_attn_layer_norm"),
            cross ? Attention(layer + ".encoder_attn") : null, cross ? Norm(layer + ".encoder_attn_layer_norm") : null,
            Linear(layer + ".fc1"), Linear(layer + ".fc2"), Norm(layer + ".final_layer_norm"));

        AttentionWeights Attention(string module) => new(Linear(module + ".q_proj"), Linear(module + ".k_proj"), Linear(module + ".v_proj"), Linear(module + ".out_proj"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"));

        NormWeights Norm(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"), config.LayerNormEps);
    }

    private static string Layer(string stack, int index) => FormattableString.Invariant($"{stack}.layers.{index}");
}
