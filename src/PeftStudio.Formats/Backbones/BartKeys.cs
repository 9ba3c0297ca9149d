namespace PeftStudio.Formats.Backbones;

/// <summary>BART's tensors by their keys in the bare model.</summary>
public static class BartKeys
{
    /// <summary>(1, vocabulary): a constant of the language-model head, never trained.</summary>
    public const string LogitsBias = "final_logits_bias";

    public const string Words = "shared.weight";

    /// <summary>The row of the first token's position: its predecessor in fairseq counted from behind the padding id.</summary>
    public const int FirstPosition = 2;

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
            yield return ($"{stack}.embed_positions.weight", [config.MaxPositionEmbeddings + FirstPosition, d]);
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

    public static string Self(string stack, int layer) => Layer(stack, layer) + ".self_attn";

    public static string Cross(string stack, int layer) => Layer(stack, layer) + ".encoder_attn";

    public static string Layer(string stack, int index) => FormattableString.Invariant($"{stack}.layers.{index}");
}
