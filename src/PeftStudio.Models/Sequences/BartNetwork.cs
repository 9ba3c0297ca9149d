using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>BART.</summary>
/// <param name="logitsBias">(1, vocabulary); null: none</param>
internal sealed class BartNetwork(BackboneConfig config, BartConfig bart, DecoderConfig decoder, BartWeights weights, Tensor? logitsBias, ScalarType type) : ISequenceNetwork
{
    public Tensor Encode(Tensor ids, Tensor? padding, ForwardContext context, Action<int, Tensor>? visit) =>
        Run(ids, DecoderLayout.Line(ids.size(1)).Positions, weights.Encoder, config.Heads, padding, encoded: null, context, visit);

    public Tensor Decode(Tensor ids, DecoderLayout layout, Encoded encoded, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var mask = layout.Mask(type, ids.device);
        return Run(ids, layout.Positions, weights.Decoder, decoder.Heads, mask, encoded, context, visit).MoveToOuterDisposeScope();
    }

    public Tensor Vocabulary(Tensor hidden, Tensor? tokens)
    {
        using var scope = NewDisposeScope();
        var logits = nn.functional.linear(hidden, Asked(weights.Words, 0).In(type));
        return (logitsBias is null ? logits : logits.add(Asked(logitsBias, 1).In(type))).MoveToOuterDisposeScope();

        Tensor Asked(Tensor all, long dimension) => tokens is null ? all : all.index_select(dimension, tokens);
    }

    private Tensor Run(Tensor ids, int[] positions, BartStackWeights stack, int heads, Tensor? mask, Encoded? encoded, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        Tensor hidden;
        using (stack.Lowest >= 0 ? no_grad() : null)
            hidden = Embedded(ids, positions, stack, context);
        visit?.Invoke(0, hidden);
        for (var i = 0; i < stack.Layers.Count; i++)
        {
            var below = hidden;
            using (i < stack.Lowest ? no_grad() : null)
                hidden = Layer(below, stack.Layers[i], heads, mask, encoded, encoded?.Cache?[i], context);
            below.Dispose();
            visit?.Invoke(i + 1, hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    private Tensor Embedded(Tensor ids, int[] positions, BartStackWeights stack, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var words = EmbeddingLayer.Lookup(weights.Words, ids, type); // (batch, time, width)
        if (bart.ScalesEmbedding)
            words = words.mul(Math.Sqrt(config.HiddenSize));
        var places = tensor([.. positions.Select(position => (long)(BartKeys.FirstPosition + position))], device: ids.device);
        var sum = words.add(stack.Positions.index_select(0, places).In(type));
        return context.Dropped(stack.EmbeddingNorm.Forward(sum), config.HiddenDropout).MoveToOuterDisposeScope();
    }

    private Tensor Layer(Tensor hidden, BartLayerWeights layer, int heads, Tensor? mask, Encoded? encoded, LayerCache? cache, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var scale = 1 / Math.Sqrt((double)config.HiddenSize / heads);
        var (peft, crossPeft) = (layer.Peft, layer.CrossPeft);
        hidden = Added(hidden, layer.Self.Forward(hidden, hidden, heads, scale, mask, config.AttentionDropout, peft, context, cache?.Self), layer.SelfNorm, peft.AfterAttention);
        if (layer is { Cross: { } cross, CrossNorm: { } crossNorm } && encoded is not null)
        {
            var read = cross.Forward(hidden, encoded.Hidden, heads, scale, encoded.Padding, config.AttentionDropout, crossPeft, context, cache?.Cross);
            hidden = Added(hidden, read, crossNorm, crossPeft.AfterAttention);
        }
        var inner = config.HiddenAct.Of(EncoderLayer.Project(hidden, layer.Inner, peft.FeedForwardInner)); // (batch, time, feed-forward)
        var fed = EncoderLayer.Project(context.Dropped(inner, bart.ActivationDropout), layer.Output, peft.FeedForwardOutput);
        return Added(hidden, fed, layer.OutputNorm, peft.AfterFeedForward).MoveToOuterDisposeScope();

        Tensor Added(Tensor input, Tensor output, NormWeights norm, SubLayerPeft changes) => EncoderLayer.AddAndNorm(input, output, norm, changes, config, context);
    }
}
