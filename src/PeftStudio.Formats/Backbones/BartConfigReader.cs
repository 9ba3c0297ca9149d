using System.Globalization;

namespace PeftStudio.Formats.Backbones;

/// <summary>BART's config.json; defaults are those of BartConfig in transformers.</summary>
internal static class BartConfigReader
{
    // Of the first version's files; what they switched on belongs to other models (mBART, Blenderbot).
    private static readonly (string Flag, bool Bart)[] Fixed =
    [
        ("normalize_before", false), ("add_final_layer_norm", false), ("static_position_embeddings", false), ("add_bias_logits", false), ("normalize_embedding", true),
        ("tie_word_embeddings", true),
    ];

    public static BackboneConfig Read(JsonFields fields)
    {
        ConfigFields.RefuseWhatIsNotBuilt(fields);
        ConfigFields.RequireDecoder(fields);
        foreach (var (flag, bart) in Fixed)
            if (fields.BoolOrNull(flag) is { } set && set != bart)
                throw fields.Wrong(flag, $"is {(set ? "true" : "false")}; BART's own form, {(bart ? "true" : "false")}, is supported");
        var (vocab, width) = (fields.Int("vocab_size", 1, ConfigFields.MaxVocab), fields.Int("d_model", 1, ConfigFields.MaxSize));
        return new BackboneConfig
        {
            ModelType = "bart",
            VocabSize = vocab,
            HiddenSize = width,
            Layers = fields.Int("encoder_layers", 1, ConfigFields.MaxLayers),
            Heads = Heads(fields, "encoder_attention_heads", width),
            IntermediateSize = fields.Int("encoder_ffn_dim", 1, ConfigFields.MaxSize),
            HiddenAct = ConfigFields.Act(fields, "activation_function"),
            MaxPositionEmbeddings = fields.IntOrNull("max_position_embeddings", 1, ConfigFields.MaxSize) ?? 1024,
            TypeVocabSize = 1,
            LayerNormEps = 1e-5, // nn.LayerNorm's: the file has no field for it
            HiddenDropout = ConfigFields.Probability(fields, "dropout") ?? 0.1,
            AttentionDropout = ConfigFields.Probability(fields, "attention_dropout") ?? 0,
            ClassifierDropout = ConfigFields.Probability(fields, "classifier_dropout") ?? ConfigFields.Probability(fields, "classif_dropout") ?? 0,
            InitializerRange = fields.DoubleOrNull("init_std", 0, 100) ?? 0.02,
            PadTokenId = fields.IntOrNull("pad_token_id", 0, vocab - 1) ?? Math.Min(1, vocab - 1),
            Labels = ConfigFields.Labels(fields),
            ProblemType = ConfigFields.Problem(fields),
            Ignored = [.. ConfigFields.Ignored(fields), .. LayersLeftOut(fields)],
            Decoder = new DecoderConfig(
                fields.Int("decoder_layers", 1, ConfigFields.MaxLayers), Heads(fields, "decoder_attention_heads", width),
                fields.Int("decoder_ffn_dim", 1, ConfigFields.MaxSize), fields.IntOrNull("decoder_start_token_id", 0, vocab - 1) ?? Math.Min(2, vocab - 1)),
            Bart = new BartConfig(
                fields.BoolOrNull("scale_embedding") ?? false,
                ConfigFields.Probability(fields, "activation_dropout") ?? 0,
                fields.IntOrNull("eos_token_id", 0, vocab - 1) ?? Math.Min(2, vocab - 1)),
        };
    }

    private static IEnumerable<string> LayersLeftOut(JsonFields fields)
    {
        foreach (var name in new[] { "encoder_layerdrop", "decoder_layerdrop" })
            if (fields.DoubleOrNull(name, 0, 1) is > 0 and var share)
                yield return string.Create(CultureInfo.InvariantCulture, $"'{name}' ({share}) asks for layers to be left out at random in training; it was ignored: every layer takes part in every step");
    }

    private static int Heads(JsonFields fields, string name, int width)
    {
        var heads = fields.Int(name, 1, ConfigFields.MaxSize);
        return width % heads == 0 ? heads : throw fields.Wrong(name, $"is {heads} and does not divide d_model, {width}");
    }
}
