using System.Globalization;
using System.Text.Json;
using PeftStudio.Search;

namespace PeftStudio.Formats.Backbones;

/// <summary>Field by field from config.json; defaults are those of the Hugging Face configuration classes.</summary>
internal static class ConfigReader
{
    // Far above any published model, low enough that no product of sizes overflows a long.
    private const int MaxSize = 1 << 20;
    private const int MaxVocab = 1 << 26;
    private const int MaxLabels = 100_000;

    private static readonly string[] ProblemTypes = ["regression", "single_label_classification", "multi_label_classification"];

    public static BackboneConfig Read(JsonFields fields)
    {
        var modelType = ModelType(fields);
        RefuseWhatIsNotBuilt(fields);
        var (hidden, heads) = (fields.Int("hidden_size", 1, MaxSize), fields.Int("num_attention_heads", 1, MaxSize));
        if (hidden % heads != 0)
            throw fields.Wrong("num_attention_heads", $"is {heads} and does not divide hidden_size, {hidden}");
        var (vocab, roberta) = (fields.Int("vocab_size", 1, MaxVocab), modelType == "roberta");
        var pad = fields.IntOrNull("pad_token_id", 0, vocab - 1) ?? (roberta ? 1 : 0);
        var positions = fields.Int("max_position_embeddings", 1, MaxSize);
        if (roberta && positions <= pad + 1)
            throw fields.Wrong("max_position_embeddings", $"is {positions} and leaves no position behind pad_token_id, {pad}");
        return new BackboneConfig
        {
            ModelType = modelType,
            VocabSize = vocab,
            HiddenSize = hidden,
            Layers = fields.Int("num_hidden_layers", 1, 10_000),
            Heads = heads,
            IntermediateSize = fields.Int("intermediate_size", 1, MaxSize),
            HiddenAct = Act(fields),
            MaxPositionEmbeddings = positions,
            TypeVocabSize = fields.IntOrNull("type_vocab_size", 1, MaxSize) ?? 2,
            LayerNormEps = fields.DoubleOrNull("layer_norm_eps", 1e-30, 1) ?? 1e-12,
            HiddenDropout = Probability(fields, "hidden_dropout_prob") ?? 0.1,
            AttentionDropout = Probability(fields, "attention_probs_dropout_prob") ?? 0.1,
            ClassifierDropout = Probability(fields, "classifier_dropout"),
            InitializerRange = fields.DoubleOrNull("initializer_range", 0, 100) ?? 0.02,
            PadTokenId = pad,
            Labels = Labels(fields),
            ProblemType = Problem(fields),
            Ignored = Ignored(fields),
        };
    }

    private static string ModelType(JsonFields fields)
    {
        const string Supported = "this version runs bert and roberta";
        return fields.String("model_type") switch
        {
            "bert" => "bert",
            "roberta" => "roberta",
            var known and ("t5" or "bart") => throw fields.Wrong("model_type", $"is '{known}', which is not supported yet; {Supported}"),
            var other => throw fields.Wrong("model_type", $"is '{other}', an unknown architecture; {Supported}"),
        };
    }

    private static void RefuseWhatIsNotBuilt(JsonFields fields)
    {
        if (fields.StringOrNull("position_embedding_type") is { } positions and not "absolute")
            throw fields.Wrong("position_embedding_type", $"is '{positions}'; 'absolute' is supported");
        foreach (var flag in new[] { "is_decoder", "add_cross_attention", "is_encoder_decoder" })
            if (fields.BoolOrNull(flag) is true)
                throw fields.Wrong(flag, "is true; an encoder is wanted");
        if (fields.ObjectOrNull("pruned_heads") is { } pruned && pruned.Element.EnumerateObject().Any())
            throw fields.Wrong("pruned_heads", "is not empty; a model with all its heads is wanted");
        if (fields.Has("quantization_config"))
            throw fields.Wrong("quantization_config", "is set; weights in F32, F16 or BF16 are wanted");
    }

    private static Activation Act(JsonFields fields) => fields.StringOrNull("hidden_act") switch
    {
        null or "gelu" or "gelu_python" => Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        var other => throw fields.Wrong("hidden_act", $"is '{other}'; gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu, silu are supported"),
    };

    private static double? Probability(JsonFields fields, string name) => fields.DoubleOrNull(name, 0, 0.999);

    private static ValueList<string> Labels(JsonFields fields)
    {
        var count = fields.IntOrNull("num_labels", 1, MaxLabels);
        if (fields.ObjectOrNull("id2label") is not { } map)
            return Enumerable.Range(0, count ?? 2).Select(i => $"LABEL_{i}").ToValueList();
        var names = map.Element.EnumerateObject().Count();
        if (names is 0 or > MaxLabels || (count is not null && count != names))
            throw fields.Wrong("id2label", $"names {names} labels; num_labels is {(count is null ? "not given" : count)}");
        return Enumerable.Range(0, names).Select(i => map.String(i.ToString(CultureInfo.InvariantCulture))).ToValueList();
    }

    private static string? Problem(JsonFields fields) => fields.StringOrNull("problem_type") switch
    {
        null => null,
        var type when ProblemTypes.Contains(type, StringComparer.Ordinal) => type,
        var other => throw fields.Wrong("problem_type", $"is '{other}'; {string.Join(", ", ProblemTypes)} are known"),
    };

    private static ValueList<string> Ignored(JsonFields fields)
    {
        if (!fields.Has("auto_map"))
            return [];
        var value = fields.Element.GetProperty("auto_map");
        var names = value.ValueKind == JsonValueKind.Object ? string.Join(", ", value.EnumerateObject().Select(p => p.Name)) : "not an object";
        return [$"'auto_map' ({names}) asks for code of the model's author to be run; it was ignored"];
    }
}
