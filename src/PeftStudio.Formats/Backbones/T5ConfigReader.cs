namespace PeftStudio.Formats.Backbones;

/// <summary>T5's config.json, 1.0 and 1.1; defaults are those of T5Config in transformers.</summary>
internal static class T5ConfigReader
{
    public static BackboneConfig Read(JsonFields fields)
    {
        ConfigFields.RefuseWhatIsNotBuilt(fields);
        ConfigFields.RequireDecoder(fields);
        var (vocab, width) = (fields.Int("vocab_size", 1, ConfigFields.MaxVocab), fields.Int("d_model", 1, ConfigFields.MaxSize));
        var (layers, heads) = (fields.Int("num_layers", 1, ConfigFields.MaxLayers), fields.Int("num_heads", 1, 4096));
        var feedForward = fields.Int("d_ff", 1, ConfigFields.MaxSize);
        var pad = fields.IntOrNull("pad_token_id", 0, vocab - 1) ?? 0;
        var dropout = ConfigFields.Probability(fields, "dropout_rate") ?? 0.1;
        var buckets = fields.IntOrNull("relative_attention_num_buckets", 4, ConfigFields.MaxSize) ?? 32;
        var (activation, gated) = FeedForward(fields);
        var tied = fields.BoolOrNull("tie_word_embeddings") ?? true;
        return new BackboneConfig
        {
            ModelType = "t5",
            VocabSize = vocab,
            HiddenSize = width,
            Layers = layers,
            Heads = heads,
            IntermediateSize = feedForward,
            HiddenAct = activation,
            MaxPositionEmbeddings = 0,
            TypeVocabSize = 1,
            LayerNormEps = fields.DoubleOrNull("layer_norm_epsilon", 1e-30, 1) ?? 1e-6,
            HiddenDropout = dropout,
            AttentionDropout = dropout,
            ClassifierDropout = ConfigFields.Probability(fields, "classifier_dropout"),
            InitializerRange = (fields.DoubleOrNull("initializer_factor", 0, 100) ?? 1) / Math.Sqrt(width),
            PadTokenId = pad,
            Labels = ConfigFields.Labels(fields),
            ProblemType = ConfigFields.Problem(fields),
            Ignored = ConfigFields.Ignored(fields),
            Decoder = new DecoderConfig(
                fields.IntOrNull("num_decoder_layers", 1, ConfigFields.MaxLayers) ?? layers, heads, feedForward,
                fields.IntOrNull("decoder_start_token_id", 0, vocab - 1) ?? pad),
            T5 = new T5Config(
                fields.Int("d_kv", 1, 4096),
                buckets,
                // From half a direction's buckets on the distances grow by logarithms: up to at least one more.
                fields.IntOrNull("relative_attention_max_distance", (buckets / 2) + 1, ConfigFields.MaxSize) ?? Math.Max(128, (buckets / 2) + 1),
                gated,
                tied)
            {
                ScalesOutput = fields.BoolOrNull("scale_decoder_outputs") ?? tied,
            },
        };
    }

    // transformers derives both from feed_forward_proj and sets what the file says of them afterwards, so the file wins.
    private static (Activation Activation, bool IsGated) FeedForward(JsonFields fields)
    {
        const string Name = "dense_act_fn";
        var (activation, gated) = Derived(fields);
        return (fields.Has(Name) ? ConfigFields.Act(fields, Name) : activation, fields.BoolOrNull("is_gated_act") ?? gated);
    }

    // "gated-gelu" means the tanh approximation: the first 1.1 checkpoints were published before the name gelu_new was written into the file.
    private static (Activation Activation, bool IsGated) Derived(JsonFields fields) => (fields.StringOrNull("feed_forward_proj") ?? "relu") switch
    {
        "relu" => (Activation.Relu, false),
        "gelu" => (Activation.Gelu, false),
        "gelu_new" => (Activation.GeluTanh, false),
        "silu" => (Activation.Silu, false),
        "gated-relu" => (Activation.Relu, true),
        "gated-gelu" or "gated-gelu_new" => (Activation.GeluTanh, true),
        "gated-silu" => (Activation.Silu, true),
        var other => throw fields.Wrong("feed_forward_proj", $"is '{other}'; relu, gelu, gelu_new, silu, gated-relu, gated-gelu, gated-gelu_new, gated-silu are supported"),
    };
}
