namespace PeftStudio.Formats.Backbones;

/// <summary>The second stack of an encoder-decoder; its width is the encoder's.</summary>
/// <param name="StartTokenId">what its inputs begin with.</param>
public sealed record DecoderConfig(int Layers, int Heads, int IntermediateSize, int StartTokenId);

/// <summary>What T5 has of its own.</summary>
/// <param name="HeadSize">heads x head size need not be the model's width.</param>
/// <param name="Buckets">of the relative positions.</param>
/// <param name="MaxDistance">positions from here on share the last bucket.</param>
/// <param name="IsGated">T5 1.1: the feed-forward sub-layer multiplies an activated product with a plain one.</param>
/// <param name="HasTiedHead">T5 1.0: the embeddings are the language-model head too. A checkpoint that brings another head has its own: <see cref="CheckpointKeys.Config"/>.</param>
public sealed record T5Config(int HeadSize, int Buckets, int MaxDistance, bool IsGated, bool HasTiedHead)
{
    /// <summary>Whether the decoder's output is divided by the square root of the width before the head. transformers 5 says it apart from the tie, and calls every T5 tied.</summary>
    public bool ScalesOutput { get; init; } = HasTiedHead;
}

/// <summary>What BART has of its own.</summary>
/// <param name="ScalesEmbedding">word embeddings are multiplied with the square root of the width.</param>
/// <param name="ActivationDropout">inside the feed-forward sub-layer.</param>
/// <param name="EosTokenId">the token that classification reads.</param>
public sealed record BartConfig(bool ScalesEmbedding, double ActivationDropout, int EosTokenId);
