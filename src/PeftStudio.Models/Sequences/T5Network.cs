using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>T5, 1.0 and 1.1.</summary>
internal sealed class T5Network(BackboneConfig config, T5Config t5, T5Weights weights, ScalarType type) : ISequenceNetwork
{
    public Tensor Encode(Tensor ids, Tensor? padding, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        return Run(ids, weights.Encoder, DecoderLayout.Line(ids.size(1)), bothWays: true, padding, encoded: null, context, visit).MoveToOuterDisposeScope();
    }

    public Tensor Decode(Tensor ids, DecoderLayout layout, Encoded encoded, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        return Run(ids, weights.Decoder, layout, bothWays: false, layout.Mask(type, ids.device), encoded, context, visit).MoveToOuterDisposeScope();
    }

    public Tensor Vocabulary(Tensor hidden, Tensor? tokens)
    {
        using var scope = NewDisposeScope();
        // Words drawn for embeddings are sqrt(width) too long for a product.
        var read = t5.ScalesOutput ? hidden.mul(1 / Math.Sqrt(config.HiddenSize)) : hidden;
        return nn.functional.linear(read, (tokens is null ? weights.Head : weights.Head.index_select(0, tokens)).In(type)).MoveToOuterDisposeScope();
    }

    /// <param name="unseen">added to the scores; null: every token is seen</param>
    private Tensor Run(Tensor ids, T5StackWeights stack, DecoderLayout layout, bool bothWays, Tensor? unseen, Encoded? encoded, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var masks = new Dictionary<int, Tensor>();
        Tensor hidden;
        using (stack.Lowest >= 0 ? no_grad() : null)
            hidden = context.Dropped(EmbeddingLayer.Lookup(weights.Words, ids, type), config.HiddenDropout);
        for (var i = 0; i < stack.Layers.Count; i++)
        {
            // The reference shows what goes into each layer, and last the normed output.
            visit?.Invoke(i, hidden);
            var (below, layer) = (hidden, stack.Layers[i]);
            using (i < stack.Lowest ? no_grad() : null)
                hidden = Layer(below, layer, Mask(layer.Peft.Prefix is { CountsAsTokens: true } prefix ? (int)prefix.Length : 0), encoded, encoded?.Cache?[i], context);
            below.Dispose();
        }
        var output = context.Dropped(stack.Norm.Forward(hidden), config.HiddenDropout);
        visit?.Invoke(stack.Layers.Count, output);
        return output.MoveToOuterDisposeScope();

        // (1 or batch, heads, rows, ahead + keys): one for all layers, where no prefix moves positions.
        Tensor Mask(int ahead)
        {
            if (masks.TryGetValue(ahead, out var known))
                return known;
            var bias = RelativePositions.Bias(stack.Positions, layout, ahead, bothWays, t5, type);
            return masks[ahead] = unseen is null ? bias : bias.add(AttentionWeights.SeenBefore(unseen, ahead));
        }
    }

    private Tensor Layer(Tensor hidden, T5LayerWeights layer, Tensor mask, Encoded? encoded, LayerCache? cache, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var normed = layer.SelfNorm.Forward(hidden);
        hidden = Added(hidden, layer.Self.Forward(normed, normed, config.Heads, 1, mask, config.AttentionDropout, layer.Peft, context, cache?.Self), layer.Peft.AfterAttention);
        if (layer is { Cross: { } cross, CrossNorm: { } crossNorm } && encoded is not null)
        {
            var read = cross.Forward(crossNorm.Forward(hidden), encoded.Hidden, config.Heads, 1, encoded.Padding, config.AttentionDropout, layer.CrossPeft, context, cache?.Cross);
            hidden = Added(hidden, read, layer.CrossPeft.AfterAttention);
        }
        var fed = FeedForward(layer.FeedForwardNorm.Forward(hidden), layer.FeedForward, layer.Peft, context);
        return Added(hidden, fed, layer.Peft.AfterFeedForward).MoveToOuterDisposeScope();

        // Without a norm behind it, what reads the normed sum elsewhere reads the sum.
        Tensor Added(Tensor input, Tensor output, SubLayerPeft peft)
        {
            var sum = EncoderLayer.Sum(input, output, peft, config, context);
            return EncoderLayer.Changed(sum, sum, peft.OfNormed);
        }
    }

    // AdapterHub changes the product that is not activated where there are two.
    private Tensor FeedForward(Tensor input, T5FeedForward weights, LayerPeft peft, ForwardContext context)
    {
        var inner = config.HiddenAct.Of(EncoderLayer.Project(input, weights.Inner, weights.Gate is null ? peft.FeedForwardInner : ProductPeft.None)); // (batch, time, feed-forward)
        if (weights.Gate is { } gate)
            inner = inner.mul(EncoderLayer.Project(input, gate, peft.FeedForwardInner));
        return EncoderLayer.Project(context.Dropped(inner, config.HiddenDropout), weights.Output, peft.FeedForwardOutput);
    }
}
