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
internal sealed record BartWeights(Tensor Words, BartStackWeights Encoder, BartStackWeights Decoder)
{
    public static BartWeights Of(BackboneConfig config, DecoderConfig decoder, Func<string, Tensor> tensor, Func<string, int, bool, LayerPeft> peft, Func<string, int> lowest)
    {
        return new(tensor(BartKeys.Words), Stack("encoder", config.Layers, cross: false), Stack("decoder", decoder.Layers, cross: true));

        BartStackWeights Stack(string stack, int layers, bool cross) => new(
            tensor($"{stack}.embed_positions.weight"), Norm($"{stack}.layernorm_embedding"), [.. Enumerable.Range(0, layers).Select(i => LayerOf(stack, i, cross))], lowest(stack));

        BartLayerWeights LayerOf(string stack, int i, bool cross) => new(
            Attention(BartKeys.Self(stack, i)), Norm(BartKeys.Self(stack, i) + "_layer_norm"),
            cross ? Attention(BartKeys.Cross(stack, i)) : null, cross ? Norm(BartKeys.Cross(stack, i) + "_layer_norm") : null,
            Linear(BartKeys.Layer(stack, i) + ".fc1"), Linear(BartKeys.Layer(stack, i) + ".fc2"), Norm(BartKeys.Layer(stack, i) + ".final_layer_norm"), peft(stack, i, false), peft(stack, i, true));

        AttentionWeights Attention(string module) => new(Linear(module + ".q_proj"), Linear(module + ".k_proj"), Linear(module + ".v_proj"), Linear(module + ".out_proj"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"));

        NormWeights Norm(string module) => new(tensor(module + ".weight"), tensor(module + ".bias"), config.LayerNormEps);
    }
}
