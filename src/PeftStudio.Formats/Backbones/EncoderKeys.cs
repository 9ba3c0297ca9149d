namespace PeftStudio.Formats.Backbones;

/// <summary>The tensors of BERT and RoBERTa by their keys in the bare model.</summary>
public static class EncoderKeys
{
    /// <summary>Keys and shapes of every tensor, embeddings first, then layer by layer.</summary>
    public static IEnumerable<(string Key, long[] Shape)> Of(BackboneConfig config)
    {
        long d = config.HiddenSize, f = config.IntermediateSize;
        yield return ("embeddings.word_embeddings.weight", [config.VocabSize, d]);
        yield return ("embeddings.position_embeddings.weight", [config.MaxPositionEmbeddings, d]);
        yield return ("embeddings.token_type_embeddings.weight", [config.TypeVocabSize, d]);
        yield return ("embeddings.LayerNorm.weight", [d]);
        yield return ("embeddings.LayerNorm.bias", [d]);
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = Layer(i);
            foreach (var (module, output, input) in new[]
            {
                ("attention.self.query", d, d), ("attention.self.key", d, d), ("attention.self.value", d, d),
                ("attention.output.dense", d, d), ("attention.output.LayerNorm", d, 0), ("intermediate.dense", f, d),
                ("output.dense", d, f), ("output.LayerNorm", d, 0),
            })
            {
                yield return ($"{layer}{module}.weight", input == 0 ? [output] : [output, input]);
                yield return ($"{layer}{module}.bias", [output]);
            }
        }
    }

    /// <summary>What stands before the keys of layer <paramref name="index"/>, counted from 0.</summary>
    public static string Layer(int index) => FormattableString.Invariant($"encoder.layer.{index}.");
}
