namespace PeftStudio.Formats.Backbones;

/// <summary>T5's tensors by their keys in the bare model.</summary>
public static class T5Keys
{
    /// <summary>Of a language-model head of its own; T5 1.0 has none.</summary>
    public const string Head = "lm_head.weight";

    public const string Words = "shared.weight";

    /// <summary>Of a stack: the first layer's, for all layers.</summary>
    public const string Positions = "block.0.layer.0.SelfAttention.relative_attention_bias.weight";

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

    public static string Part(string stack, int layer, int part) => FormattableString.Invariant($"{stack}.block.{layer}.layer.{part}");

    public static string Self(string stack, int layer) => Part(stack, layer, 0) + ".SelfAttention";

    public static string Cross(string stack, int layer) => Part(stack, layer, 1) + ".EncDecAttention";

    public static string FeedForward(string stack, int layer) => Part(stack, layer, stack == "decoder" ? 2 : 1);

    public static string Fed(string stack, int layer) => FeedForward(stack, layer) + ".DenseReluDense";
}
