using System.Text;
using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>What the shelf looks for in a checkpoint is what the networks ask for: no tensor more, none less.</summary>
public sealed class NetworkKeysTests
{
    [Theory]
    [InlineData("""{"model_type": "bert", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 20}""")]
    [InlineData("""{"model_type": "roberta", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 20}""")]
    [InlineData("""{"model_type": "t5", "vocab_size": 50, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 2}""")]
    [InlineData("""{"model_type": "t5", "vocab_size": 50, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 2, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}""")]
    [InlineData("""{"model_type": "bart", "vocab_size": 50, "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 20, "max_position_embeddings": 20}""")]
    public void A_network_asks_for_the_listed_keys_alone(string json)
    {
        var config = BackboneConfig.Parse(Encoding.UTF8.GetBytes(json));
        using var tensor = zeros(1);
        var asked = new HashSet<string>(StringComparer.Ordinal);

        Tensor Ask(string key)
        {
            asked.Add(key);
            return tensor;
        }

        if (config is { T5: { } t5, Decoder: { } decoder })
            T5Weights.Of(config, t5, decoder, Ask, _ => null, (_, _, _) => LayerPeft.None, _ => 0);
        else if (config.Decoder is { } other)
            BartWeights.Of(config, other, Ask, (_, _, _) => LayerPeft.None, _ => 0);
        else
            EncoderWeights.Of(config, Ask);

        var head = config.T5 is null ? [] : NetworkKeys.Head(config);
        asked.Order(StringComparer.Ordinal).ShouldBe(NetworkKeys.Of(config).Select(key => key.Key).Concat(head).Order(StringComparer.Ordinal));
        NetworkKeys.Of(config).Sum(key => key.Shape.Aggregate(1L, (all, size) => all * size)).ShouldBe(config.Parameters);
    }
}
