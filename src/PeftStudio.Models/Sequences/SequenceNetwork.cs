using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>
/// A T5 or BART: classification from the decoder's last end-of-sequence token (BART), the probabilities of the labels' words, or a language model over the vocabulary.
/// </summary>
/// <param name="classifier">null: the language model's head.</param>
/// <param name="words">null: not labels, but targets are asked for.</param>
internal sealed class SequenceNetwork(Backbone backbone, ISequenceNetwork network, ClassificationHead? classifier, LabelWords? words) : ITaskNetwork
{
    public Tensor Forward(TokenBatch batch, Tensor? targets, ForwardContext context, Action<string, int, Tensor>? visit)
    {
        var config = backbone.Config;
        if (Math.Max(batch.Time, targets?.size(1) ?? 0) is var time && time > config.MaxLength)
            throw new ArgumentException($"rows of {time} tokens; the backbone takes at most {config.MaxLength}", nameof(batch));
        if (targets is null && classifier is null && words is null)
            throw new ArgumentException("a language model is asked without targets", nameof(targets));
        using var scope = NewDisposeScope();
        var padding = new AttentionMask(batch, backbone.Type, []).For(prefix: 0); // (batch, 1, 1, time)
        var encoded = new Encoded(network.Encode(batch.Ids, padding, context, Show("encoder")), padding);
        var outputs = targets is not null ? network.Vocabulary(Decoded(Targets.Shifted(targets, config.Decoder!.StartTokenId, config.PadTokenId)), tokens: null)
            : words is not null ? LabelProbabilities(words)
            : classifier!.ForwardToken(LastEnd(batch.Ids, Decoded(Targets.Shifted(batch.Ids, config.Decoder!.StartTokenId, config.PadTokenId))), config, context);
        return outputs.In(backbone.Type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).MoveToOuterDisposeScope();

        Tensor Decoded(Tensor ids) => network.Decode(ids, DecoderLayout.Line(ids.size(1)), encoded, context, Show("decoder")); // (batch, rows, width)

        // One pass over the tree of the labels' beginnings.
        Tensor LabelProbabilities(LabelWords words)
        {
            var inputs = words.Inputs(config.Decoder!.StartTokenId);
            var ids = tensor(inputs, [1, inputs.Length], device: batch.Ids.device).expand(batch.Rows, inputs.Length);
            var hidden = network.Decode(ids, words.Layout, encoded, context, visit: null);
            var logits = network.Vocabulary(hidden, tensor(words.Tokens, device: batch.Ids.device)); // (batch, inputs, tokens)
            return words.LogProbabilities(logits.In(logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32));
        }

        Action<int, Tensor>? Show(string stack) => visit is null ? null : (i, states) => visit(stack, i, states);
    }

    public WrittenTokens[] Write(TokenBatch batch, int width, int mostTokens, int end, CancellationToken cancellationToken) =>
        TextWriting.Write(backbone, network, batch, width, mostTokens, end, cancellationToken);

    // (batch, width)
    private Tensor LastEnd(Tensor ids, Tensor hidden)
    {
        var (rows, time) = (ids.size(0), ids.size(1));
        var ends = ids.eq(backbone.Config.Bart!.EosTokenId).to(ScalarType.Int64).mul(arange(1, time + 1, ScalarType.Int64, ids.device));
        var last = ends.max(1).values; // (batch), counted from 1; 0 where there is none
        if (last.min().item<long>() == 0)
            throw new ArgumentException($"a row has no end-of-sequence token ({backbone.Config.Bart!.EosTokenId}), which the classification head reads", nameof(ids));
        return hidden.reshape(rows * time, -1).index_select(0, last.add(arange(0, rows, ScalarType.Int64, ids.device).mul(time)).sub(1));
    }
}
