using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>x / root mean square of x, times the weight (width): no mean is subtracted and no bias added (Zhang and Sennrich 2019).</summary>
/// <param name="Bias">(width): what a trial adds.</param>
internal sealed record RmsNormWeights(Tensor Weight, Tensor? Bias, double Epsilon)
{
    public Tensor Forward(Tensor input) => Kernels.RmsNorm(input, Weight.In(input.dtype), Bias.In(input.dtype), Epsilon);
}

/// <param name="Inner">(feed-forward, width), activated.</param>
/// <param name="Gate">T5 1.1: multiplied with the activated product; null: none.</param>
/// <param name="Output">(width, feed-forward)</param>
internal sealed record T5FeedForward(LinearWeights Inner, LinearWeights? Gate, LinearWeights Output);

/// <summary>Pre-norm: each sub-layer's norm comes before it.</summary>
/// <param name="Peft">what a trial put into the layer.</param>
/// <param name="CrossPeft">what it put into the attention to the encoder.</param>
internal sealed record T5LayerWeights(
    RmsNormWeights SelfNorm, AttentionWeights Self, RmsNormWeights? CrossNorm, AttentionWeights? Cross, RmsNormWeights FeedForwardNorm, T5FeedForward FeedForward,
    LayerPeft Peft, LayerPeft CrossPeft);

/// <param name="Positions">(buckets, heads): the first layer's, for all layers.</param>
/// <param name="Lowest">the first layer that gradients reach, from 0; -1: the embeddings; the number of layers: none.</param>
internal sealed record T5StackWeights(Tensor Positions, IReadOnlyList<T5LayerWeights> Layers, RmsNormWeights Norm, int Lowest);

/// <param name="Words">(vocabulary, width), of both stacks.</param>
/// <param name="Head">(vocabulary, width): T5 1.0's is <paramref name="Words"/>.</param>
internal sealed record T5Weights(Tensor Words, T5StackWeights Encoder, T5StackWeights Decoder, Tensor Head)
{
    /// <param name="added">biases, which T5 has none of, where a trial adds one.</param>
    public static T5Weights Of(BackboneConfig config, T5Config t5, DecoderConfig decoder, Func<string, Tensor> tensor, Func<string, Tensor?> added, Func<string, int, bool, LayerPeft> peft, Func<string, int> lowest)
    {
        return new(tensor(T5Keys.Words), Stack("encoder", config.Layers, cross: false), Stack("decoder", decoder.Layers, cross: true), tensor(t5.HasTiedHead ? T5Keys.Words : T5Keys.Head));

        T5StackWeights Stack(string stack, int layers, bool cross) => new(
            tensor($"{stack}.{T5Keys.Positions}"), [.. Enumerable.Range(0, layers).Select(i => Layer(stack, i, cross))], Norm($"{stack}.final_layer_norm"), lowest(stack));

        T5LayerWeights Layer(string stack, int i, bool cross) => new(
            Norm($"{T5Keys.Part(stack, i, 0)}.layer_norm"), Attention(T5Keys.Self(stack, i)),
            cross ? Norm($"{T5Keys.Part(stack, i, 1)}.layer_norm") : null, cross ? Attention(T5Keys.Cross(stack, i)) : null,
            Norm($"{T5Keys.FeedForward(stack, i)}.layer_norm"), Products(T5Keys.Fed(stack, i)), peft(stack, i, false), peft(stack, i, true));

        AttentionWeights Attention(string module) => new(Linear(module + ".q"), Linear(module + ".k"), Linear(module + ".v"), Linear(module + ".o"));

        T5FeedForward Products(string module) => t5.IsGated
            ? new(Linear(module + ".wi_0"), Linear(module + ".wi_1"), Linear(module + ".wo"))
            : new(Linear(module + ".wi"), null, Linear(module + ".wo"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), added(module + ".bias"));

        RmsNormWeights Norm(string module) => new(tensor(module + ".weight"), added(module + ".bias"), config.LayerNormEps);
    }
}
