namespace PeftStudio.Formats.Backbones;

/// <summary>Elements of every tensor but head and pooler, by formula.</summary>
internal static class BackboneParameters
{
    public static long Of(BackboneConfig config) => config switch
    {
        { T5: { } t5, Decoder: { } decoder } => OfT5(config, t5, decoder),
        { Bart: not null, Decoder: { } decoder } => OfBart(config, decoder),
        _ => OfEncoder(config),
    };

    private static long OfEncoder(BackboneConfig config)
    {
        long d = config.HiddenSize, norm = 2 * d;
        var embeddings = ((config.VocabSize + (long)config.MaxPositionEmbeddings + config.TypeVocabSize) * d) + norm;
        return embeddings + (config.Layers * (Attention(d) + norm + FeedForward(d, config.IntermediateSize) + norm));
    }

    // Positions are two rows longer than their number: BART's begin behind a padding position.
    private static long OfBart(BackboneConfig config, DecoderConfig decoder)
    {
        long d = config.HiddenSize, norm = 2 * d, positions = (config.MaxPositionEmbeddings + 2L) * d;
        return (config.VocabSize * d) + (2 * (positions + norm))
            + (config.Layers * (Attention(d) + FeedForward(d, config.IntermediateSize) + (2 * norm)))
            + (decoder.Layers * ((2 * Attention(d)) + FeedForward(d, decoder.IntermediateSize) + (3 * norm)));
    }

    private static long OfT5(BackboneConfig config, T5Config t5, DecoderConfig decoder)
    {
        long d = config.HiddenSize, attention = 4 * d * config.Heads * t5.HeadSize, positions = (long)t5.Buckets * config.Heads;
        var feedForward = (t5.IsGated ? 3 : 2) * d * config.IntermediateSize;
        return (config.VocabSize * d) + (2 * (positions + d))
            + (config.Layers * (attention + feedForward + (2 * d)))
            + (decoder.Layers * ((2 * attention) + feedForward + (3 * d)));
    }

    private static long Attention(long d) => 4 * ((d * d) + d);

    private static long FeedForward(long d, long f) => (d * f) + f + (f * d) + d;
}
