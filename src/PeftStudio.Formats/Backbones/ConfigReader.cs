namespace PeftStudio.Formats.Backbones;

/// <summary>Field by field from config.json; defaults are those of the Hugging Face configuration classes.</summary>
internal static class ConfigReader
{
    public static BackboneConfig Read(JsonFields fields)
    {
        const string Supported = "this version runs bert, roberta, t5 and bart";
        return fields.String("model_type") switch
        {
            var encoder and ("bert" or "roberta") => Encoder(fields, encoder),
            "t5" => T5ConfigReader.Read(fields),
            "bart" => BartConfigReader.Read(fields),
            var other => throw fields.Wrong("model_type", $"is '{other}', an unknown architecture; {Supported}"),
        };
    }

    private static BackboneConfig Encoder(JsonFields fields, string modelType)
    {
        if (fields.StringOrNull("position_embedding_type") is { } kind and not "absolute")
            throw fields.Wrong("position_embedding_type", $"is '{kind}'; 'absolute' is supported");
        foreach (var flag in new[] { "is_decoder", "add_cross_attention", "is_encoder_decoder" })
            if (fields.BoolOrNull(flag) is true)
                throw fields.Wrong(flag, "is true; an encoder is wanted");
        ConfigFields.RefuseWhatIsNotBuilt(fields);
        var (hidden, heads) = (fields.Int("hidden_size", 1, ConfigFields.MaxSize), fields.Int("num_attention_heads", 1, ConfigFields.MaxSize));
        if (hidden % heads != 0)
            throw fields.Wrong("num_attention_heads", $"is {heads} and does not divide hidden_size, {hidden}");
        var (vocab, roberta) = (fields.Int("vocab_size", 1, ConfigFields.MaxVocab), modelType == "roberta");
        var pad = fields.IntOrNull("pad_token_id", 0, vocab - 1) ?? (roberta ? 1 : 0);
        var positions = fields.Int("max_position_embeddings", 1, ConfigFields.MaxSize);
        if (roberta && positions <= pad + 1)
            throw fields.Wrong("max_position_embeddings", $"is {positions} and leaves no position behind pad_token_id, {pad}");
        return new BackboneConfig
        {
            ModelType = modelType,
            VocabSize = vocab,
            HiddenSize = hidden,
            Layers = fields.Int("num_hidden_layers", 1, ConfigFields.MaxLayers),
            Heads = heads,
            IntermediateSize = fields.Int("intermediate_size", 1, ConfigFields.MaxSize),
            HiddenAct = ConfigFields.Act(fields, "hidden_act"),
            MaxPositionEmbeddings = positions,
            TypeVocabSize = fields.IntOrNull("type_vocab_size", 1, ConfigFields.MaxSize) ?? 2,
            LayerNormEps = fields.DoubleOrNull("layer_norm_eps", 1e-30, 1) ?? 1e-12,
            HiddenDropout = ConfigFields.Probability(fields, "hidden_dropout_prob") ?? 0.1,
            AttentionDropout = ConfigFields.Probability(fields, "attention_probs_dropout_prob") ?? 0.1,
            ClassifierDropout = ConfigFields.Probability(fields, "classifier_dropout"),
            InitializerRange = fields.DoubleOrNull("initializer_range", 0, 100) ?? 0.02,
            PadTokenId = pad,
            Labels = ConfigFields.Labels(fields),
            ProblemType = ConfigFields.Problem(fields),
            Ignored = ConfigFields.Ignored(fields),
        };
    }
}
