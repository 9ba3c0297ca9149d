using System.Text;
using System.Text.Json.Nodes;

namespace PeftStudio.Formats.Tests.Fuzzing;

/// <summary>A config.json of each family with every field that is read of it, small sizes, labels, and what is ignored.</summary>
internal static class RealConfigs
{
    private const string Encoder = """
        {"model_type": "bert", "vocab_size": 120, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20, "hidden_act": "gelu",
         "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "classifier_dropout": null, "max_position_embeddings": 20, "type_vocab_size": 2, "initializer_range": 0.02,
         "layer_norm_eps": 1e-12, "pad_token_id": 1, "position_embedding_type": "absolute", "pruned_heads": {}, "is_decoder": false}
        """;

    private const string T5 = """
        {"model_type": "t5", "vocab_size": 120, "d_model": 12, "d_kv": 5, "d_ff": 20, "num_layers": 2, "num_decoder_layers": 1, "num_heads": 3, "relative_attention_num_buckets": 8,
         "relative_attention_max_distance": 64, "dropout_rate": 0.1, "layer_norm_epsilon": 1e-6, "initializer_factor": 1.0, "feed_forward_proj": "relu", "is_encoder_decoder": true,
         "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
        """;

    private const string Bart = """
        {"model_type": "bart", "vocab_size": 120, "d_model": 12, "encoder_layers": 2, "encoder_attention_heads": 3, "encoder_ffn_dim": 20, "decoder_layers": 1,
         "decoder_attention_heads": 2, "decoder_ffn_dim": 16, "activation_function": "gelu", "max_position_embeddings": 20, "dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0,
         "classifier_dropout": 0.0, "init_std": 0.02, "scale_embedding": false, "is_encoder_decoder": true, "normalize_before": false, "normalize_embedding": true, "pad_token_id": 1,
         "eos_token_id": 2, "decoder_start_token_id": 2}
        """;

    /// <param name="family">bert, roberta, t5, t5-1.1 or bart</param>
    public static byte[] Of(string family)
    {
        var json = JsonNode.Parse(family switch { "bart" => Bart, "t5" or "t5-1.1" => T5, _ => Encoder })?.AsObject() ?? [];
        if (family == "roberta")
            json["model_type"] = "roberta";
        if (family == "t5-1.1")
            (json["feed_forward_proj"], json["tie_word_embeddings"]) = ("gated-gelu", false);
        json["id2label"] = new JsonObject { ["0"] = "no", ["1"] = "yes" };
        json["num_labels"] = 2;
        json["problem_type"] = "single_label_classification";
        json["auto_map"] = new JsonObject { ["AutoModel"] = "code.py" };
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
