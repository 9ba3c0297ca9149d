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
        var bias = RelativePositions.Bias(weights.Encoder.Positions, ids.size(1), bothWays: true, t5, type); // (1, heads, time, time)
        var mask = padding is null ? bias : bias.add(padding); // (batch, heads, time, time)
        return Run(ids, weights.Encoder, mask, encoded: null, padding: null, context, visit).MoveToOuterDisposeScope();
    }

    public Tensor Decode(Tensor ids, Tensor encoded, Tensor? padding, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var mask = RelativePositions.Bias(weights.Decoder.Positions, ids.size(1), bothWays: false, t5, type)
            .add(DecoderInputs.Causal(ids.size(1), type, ids.device)); // (1, heads, rows, rows)
        return Run(ids, weights.Decoder, mask, encoded, padding, context, visit).MoveToOuterDisposeScope();
    }

    public Tensor Vocabulary(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        // Words drawn for embeddings are sqrt(width) too long for a product.
        var read = t5.HasTiedHead ? hidden.mul(1 / Math.Sqrt(config.HiddenSize)) : hidden;
        return nn.functional.linear(read, weights.Head.In(type)).MoveToOuterDisposeScope();
    }

    // The reference shows what goes into each layer, and last the normed output.
    private Tensor Run(Tensor ids, T5StackWeights stack, Tensor mask, Tensor? encoded, Tensor? padding, ForwardContext context, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var hidden = context.Dropped(EmbeddingLayer.Lookup(weights.Words, ids, type), config.HiddenDropout);
        for (var i = 0; i < stack.Layers.Count; i++)
        {
            visit?.Invoke(i, hidden);
            var below = hidden;
            hidden = Layer(below, stack.Layers[i], mask, encoded, padding, context);
            below.Dispose();
        }
        var output = context.Dropped(stack.Norm.Forward(hidden), config.HiddenDropout);
        visit?.Invoke(stack.Layers.Count, output);
        return output.MoveToOuterDisposeScope();
    }

    private Tensor Layer(Tensor hidden, T5LayerWeights layer, Tensor mask, Tensor? encoded, Tensor? padding, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var normed = layer.SelfNorm.Forward(hidden);
        hidden = Added(hidden, layer.Self.Forward(normed, normed, config.Heads, 1, mask, config.AttentionDropout, layer.Peft, context), layer.Peft.AfterAttention);
        if (layer is { Cross: { } cross, CrossNorm: { } crossNorm } && encoded is not null)
        {
            var read = cross.Forward(crossNorm.Forward(hidden), encoded, config.Heads, 1, padding, config.AttentionDropout, layer.CrossPeft, context);
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
        if (peft.FeedForwardActivation is { } rescaling)
            inner = inner.mul(rescaling.In(inner.dtype));
        return EncoderLayer.Project(context.Dropped(inner, config.HiddenDropout), weights.Output, peft.FeedForwardOutput);
    }
}
