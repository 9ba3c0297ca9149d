using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Backbones;

public sealed class EncoderDecoderConfigTests
{
    private const string LeastT5 = """{"model_type": "t5", "vocab_size": 100, "d_model": 12, "d_kv": 5, "d_ff": 20, "num_layers": 2, "num_heads": 3}""";

    private const string LeastBart = """
        {"model_type": "bart", "vocab_size": 100, "d_model": 12, "encoder_layers": 2, "encoder_attention_heads": 3, "encoder_ffn_dim": 20,
         "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 16}
        """;

    [Fact]
    public void T5_has_the_defaults_of_the_reference()
    {
        var config = BackboneConfigTests.Read(LeastT5);
        config.T5.ShouldBe(new T5Config(HeadSize: 5, Buckets: 32, MaxDistance: 128, IsGated: false, HasTiedHead: true));
        config.Decoder.ShouldBe(new DecoderConfig(Layers: 2, Heads: 3, IntermediateSize: 20, StartTokenId: 0));
        (config.HiddenAct, config.LayerNormEps, config.HiddenDropout, config.AttentionDropout).ShouldBe((Activation.Relu, 1e-6, 0.1, 0.1));
        (config.MaxLength, config.TypeVocabSize, config.HeadSize).ShouldBe((null, 1, 5));
        config.Shape().Stacks.ShouldBe([new StackShape("encoder", 2, 12, 15, 20, Biases: false), new StackShape("decoder", 2, 12, 15, 20, CrossAttention: true, Biases: false)]);
    }

    [Theory]
    [InlineData("gated-gelu", Activation.GeluTanh, true)]
    [InlineData("gated-silu", Activation.Silu, true)]
    [InlineData("gelu", Activation.Gelu, false)]
    public void T5s_feed_forward_is_named_in_one_word(string word, Activation activation, bool gated)
    {
        var config = BackboneConfigTests.Read(LeastT5, ("feed_forward_proj", word), ("tie_word_embeddings", false));
        (config.HiddenAct, config.T5!.IsGated, config.T5.HasTiedHead).ShouldBe((activation, gated, false));
    }

    /// <summary>transformers writes both keys into every T5's file, and sets them after what it derives from feed_forward_proj.</summary>
    [Theory]
    [InlineData("gated-gelu", "gelu_new", true, Activation.GeluTanh, true)]
    [InlineData("gated-gelu", "gelu", true, Activation.Gelu, true)]
    [InlineData("relu", "relu", false, Activation.Relu, false)]
    [InlineData("relu", "silu", true, Activation.Silu, true)]
    [InlineData("gated-silu", null, false, Activation.Silu, false)]
    [InlineData("gated-gelu", "relu", null, Activation.Relu, true)]
    public void T5s_feed_forward_is_what_the_file_says_of_its_parts(string word, string? function, bool? gates, Activation activation, bool gated)
    {
        var config = BackboneConfigTests.Read(LeastT5, ("feed_forward_proj", word), ("dense_act_fn", function), ("is_gated_act", gates));
        (config.HiddenAct, config.T5!.IsGated).ShouldBe((activation, gated));
    }

    [Theory]
    [InlineData("0.0", "0", new string[0])]
    [InlineData("0.1", "0.0", new[] { "'encoder_layerdrop' (0.1) asks for layers to be left out at random in training; it was ignored: every layer takes part in every step" })]
    [InlineData("0", "1", new[] { "'decoder_layerdrop' (1) asks for layers to be left out at random in training; it was ignored: every layer takes part in every step" })]
    public void Barts_layers_are_never_left_out_and_that_is_said(string encoder, string decoder, string[] said) =>
        BackboneConfigTests.Read(LeastBart, ("encoder_layerdrop", JsonNode.Parse(encoder)), ("decoder_layerdrop", JsonNode.Parse(decoder))).Ignored.ShouldBe(said);

    [Fact]
    public void Bart_has_the_defaults_of_the_reference()
    {
        var config = BackboneConfigTests.Read(LeastBart);
        config.Bart.ShouldBe(new BartConfig(ScalesEmbedding: false, ActivationDropout: 0, EosTokenId: 2));
        config.Decoder.ShouldBe(new DecoderConfig(Layers: 1, Heads: 2, IntermediateSize: 16, StartTokenId: 2));
        (config.HiddenAct, config.LayerNormEps, config.HiddenDropout, config.AttentionDropout, config.ClassifierDropout).ShouldBe((Activation.Gelu, 1e-5, 0.1, 0, 0));
        (config.MaxLength, config.PadTokenId, config.HeadSize).ShouldBe((1024, 1, 4));
        config.Shape().Stacks.ShouldBe([new StackShape("encoder", 2, 12, 12, 20), new StackShape("decoder", 1, 12, 12, 16, CrossAttention: true)]);
    }

    public static TheoryData<string, string, string?, string> Wrong => new()
    {
        { LeastT5, "d_kv", null, "'d_kv' is missing" },
        { LeastT5, "num_layers", "0", "'num_layers' is 0" },
        { LeastT5, "feed_forward_proj", "\"gated-mish\"", "'feed_forward_proj' is 'gated-mish'" },
        { LeastT5, "dense_act_fn", "\"mish\"", "'dense_act_fn' is 'mish'" },
        { LeastT5, "is_gated_act", "1", "'is_gated_act' must be true or false" },
        { LeastBart, "encoder_layerdrop", "2", "'encoder_layerdrop' is 2" },
        { LeastT5, "relative_attention_num_buckets", "2", "'relative_attention_num_buckets' is 2" },
        { LeastT5, "relative_attention_max_distance", "16", "'relative_attention_max_distance' is 16" },
        { LeastT5, "decoder_start_token_id", "100", "'decoder_start_token_id' is 100" },
        { LeastT5, "is_encoder_decoder", "false", "'is_encoder_decoder' is false" },
        { LeastT5, "dropout_rate", "1", "'dropout_rate' is 1" },
        { LeastT5, "quantization_config", "{}", "'quantization_config' is set" },
        { LeastBart, "decoder_attention_heads", "5", "'decoder_attention_heads' is 5 and does not divide d_model, 12" },
        { LeastBart, "encoder_ffn_dim", null, "'encoder_ffn_dim' is missing" },
        { LeastBart, "activation_function", "\"mish\"", "'activation_function' is 'mish'" },
        { LeastBart, "normalize_before", "true", "'normalize_before' is true" },
        { LeastBart, "normalize_embedding", "false", "'normalize_embedding' is false" },
        { LeastBart, "eos_token_id", "-1", "'eos_token_id' is -1" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void A_wrong_field_is_named(string least, string name, string? json, string message) =>
        Should.Throw<InvalidDataException>(() => BackboneConfigTests.Read(least, (name, json is null ? null : JsonNode.Parse(json)))).Message.ShouldContain(message);

    [Theory]
    [InlineData("t5")]
    [InlineData("t5-v1_1")]
    [InlineData("bart")]
    [InlineData("bart-lm")]
    public void The_parameter_count_is_what_the_checkpoint_holds_without_its_head(string name)
    {
        var folder = Folders.RequireShared("goldens", "models", name);
        var config = BackboneConfig.FromFolder(folder);
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        config.Parameters.ShouldBe(BackboneIdentity.Of(checkpoint, config.ModelType).Parameters);
    }

    [Theory]
    [InlineData("t5", "shared.weight", "shared.weight")]
    [InlineData("t5", "transformer.encoder.block.0.layer.0.layer_norm.weight", "encoder.block.0.layer.0.layer_norm.weight")]
    [InlineData("t5", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", null)]
    [InlineData("t5", "encoder.embed_tokens.weight", null)]
    [InlineData("t5", "lm_head.weight", null)]
    [InlineData("bart", "model.decoder.layers.0.fc1.bias", "decoder.layers.0.fc1.bias")]
    [InlineData("bart", "decoder.layers.0.fc1.bias", "decoder.layers.0.fc1.bias")]
    [InlineData("bart", "model.decoder.embed_tokens.weight", null)]
    [InlineData("bart", "classification_head.dense.weight", null)]
    [InlineData("bart", "final_logits_bias", null)]
    public void A_key_of_the_backbone_has_one_bare_name(string modelType, string key, string? bare) => BackboneKeys.Bare(modelType, key).ShouldBe(bare);
}
