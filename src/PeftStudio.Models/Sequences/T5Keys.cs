using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>T5's tensors by their keys, and the weights that they make up.</summary>
internal static class T5Keys
{
    /// <summary>Of a language-model head of its own; T5 1.0 has none.</summary>
    public const string Head = "lm_head.weight";

    private const string Words = "shared.weight";
    private const string Positions = "block.0.layer.0.SelfAttention.relative_attention_bias.weight";

    public static IEnumerable<(string Key, long[] Shape)> Of(BackboneConfig config, T5Config t5, DecoderConfig decoder)
    {
        yield return (Words, [config.VocabSize, config.HiddenSize]);
        foreach (var key in Stack("encoder", config.Layers, cross: false).Concat(Stack("decoder", decoder.Layers, cross: true)))
            yield return key;

        IEnumerable<(string, long[])> Stack(string stack, int layers, bool cross)
        {
            long d = config.HiddenSize, inner = (long)config.Heads * t5.HeadSize, f = config.IntermediateSize;
            yield return ($"{stack}.{Positions}", [t5.Buckets, config.Heads]);
            for (var i = 0; i < layers; i++)
            {
                foreach (var attention in cross ? new[] { Self(stack, i), Cross(stack, i) } : [Self(stack, i)])
                {
                    foreach (var product in new[] { "q", "k", "v" })
                        yield return ($"{attention}.{product}.weight", [inner, d]);
                    yield return ($"{attention}.o.weight", [d, inner]);
                }
                var fed = Fed(stack, i);
                foreach (var product in t5.IsGated ? new[] { "wi_0", "wi_1" } : ["wi"])
                    yield return ($"{fed}.{product}.weight", [f, d]);
                yield return ($"{fed}.wo.weight", [d, f]);
                for (var part = 0; part <= (cross ? 2 : 1); part++)
                    yield return ($"{Part(stack, i, part)}.layer_norm.weight", [d]);
            }
            yield return ($"{stack}.final_layer_norm.weight", [d]);
        }
    }

    /// <param name="added">biases, which T5 has none of, where a trial adds one.</param>
    public static T5Weights Weights(BackboneConfig config, T5Config t5, DecoderConfig decoder, Func<string, Tensor> tensor, Func<string, Tensor?> added, Func<string, int, bool, LayerPeft> peft, Func<string, int> lowest)
    {
        return new(tensor(Words), Stack("encoder", config.Layers, cross: false), Stack("decoder", decoder.Layers, cross: true), tensor(t5.HasTiedHead ? Words : Head));

        T5StackWeights Stack(string stack, int layers, bool cross) => new(
            tensor($"{stack}.{Positions}"), [.. Enumerable.Range(0, layers).Select(i => Layer(stack, i, cross))], Norm($"{stack}.final_layer_norm"), lowest(stack));

        T5LayerWeights Layer(string stack, int i, bool cross) => new(
            Norm($"{Part(stack, i, 0)}.layer_norm"), Attention(Self(stack, i)),
            cross ? Norm($"{Part(stack, i, 1)}.layer_norm") : null, cross ? Attention(Cross(stack, i)) : null,
            Norm($"{FeedForward(stack, i)}.layer_norm"), Products(Fed(stack, i)), peft(stack, i, false), peft(stack, i, true));

        AttentionWeights Attention(string module) => new(Linear(module + ".q"), Linear(module + ".k"), Linear(module + ".v"), Linear(module + ".o"));

        T5FeedForward Products(string module) => t5.IsGated
            ? new(Linear(module + ".wi_0"), Linear(module + ".wi_1"), Linear(module + ".wo"))
            : new(Linear(module + ".wi"), null, Linear(module + ".wo"));

        LinearWeights Linear(string module) => new(tensor(module + ".weight"), added(module + ".bias"));

        RmsNormWeights Norm(string module) => new(tensor(module + ".weight"), added(module + ".bias"), config.LayerNormEps);
    }

    public static string Part(string stack, int layer, int part) => FormattableString.Invariant($"{stack}.block.{layer}.layer.{part}");

    public static string Self(string stack, int layer) => Part(stack, layer, 0) + ".SelfAttention";

    public static string Cross(string stack, int layer) => Part(stack, layer, 1) + ".EncDecAttention";

    public static string FeedForward(string stack, int layer) => Part(stack, layer, stack == "decoder" ? 2 : 1);

    public static string Fed(string stack, int layer) => FeedForward(stack, layer) + ".DenseReluDense";
}
