namespace PeftStudio.Formats.Safetensors;

/// <summary>Which keys of a checkpoint are the backbone's, and their names without the wrapper's prefix.</summary>
public static class BackboneKeys
{
    /// <summary>
    /// The key in the bare model (<c>encoder.layer.0...</c>), or null for what is no part of the backbone: head (a language model's too), pooler, the position ids, a
    /// constant that some versions stored, and copies of T5's and BART's shared embeddings. The old names of layer norm's weights, gamma and beta, become weight and bias.
    /// </summary>
    /// <param name="modelType">model_type of config.json</param>
    /// <param name="key">the key as it stands in the checkpoint</param>
    public static string? Bare(string modelType, string key)
    {
        var prefix = Prefix(modelType);
        var bare = key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : key;
        return HasDecoder(modelType) ? OfEncoderDecoder(bare) : OfEncoder(bare);
    }

    /// <summary>What a model with a head puts before the backbone's keys.</summary>
    public static string Prefix(string modelType) => modelType switch
    {
        "bert" => "bert.",
        "roberta" => "roberta.",
        "t5" => "transformer.",
        "bart" => "model.",
        _ => throw new ArgumentOutOfRangeException(nameof(modelType), modelType, "not a supported model type"),
    };

    private static bool HasDecoder(string modelType) => modelType is "t5" or "bart";

    private static string? OfEncoder(string bare)
    {
        if (!bare.StartsWith("embeddings.", StringComparison.Ordinal) && !bare.StartsWith("encoder.", StringComparison.Ordinal))
            return null;
        if (bare is "embeddings.position_ids" or "embeddings.token_type_ids")
            return null;
        if (bare.EndsWith("LayerNorm.gamma", StringComparison.Ordinal))
            return bare[..^"gamma".Length] + "weight";
        return bare.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? bare[..^"beta".Length] + "bias" : bare;
    }

    // The first T5 checkpoints hold positions for the cross attention, which has none.
    private static string? OfEncoderDecoder(string bare) =>
        bare is "encoder.embed_tokens.weight" or "decoder.embed_tokens.weight" or "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight" ? null
        : bare is "shared.weight" || bare.StartsWith("encoder.", StringComparison.Ordinal) || bare.StartsWith("decoder.", StringComparison.Ordinal) ? bare
        : null;
}
