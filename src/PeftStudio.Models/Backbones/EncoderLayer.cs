using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>One post-norm transformer layer (BERT, RoBERTa), with whatever modules a trial has put into it.</summary>
internal static class EncoderLayer
{
    /// <param name="hidden">(batch, keys, width)</param>
    /// <param name="rows">for how many tokens from the first the output is wanted: all, or 1 where only the head follows.</param>
    /// <returns>(batch, rows, width), in the caller's scope</returns>
    public static Tensor Forward(Tensor hidden, long rows, LayerWeights weights, LayerPeft peft, BackboneConfig config, AttentionMask mask, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var asking = rows == hidden.size(1) ? hidden : hidden.narrow(1, 0, rows); // (batch, rows, width)
        var heads = Attention(asking, hidden, weights, peft, config, mask, context); // (batch, rows, inner)
        var attended = Project(heads, weights.AttentionOutput, peft.AttentionOutput);
        var middle = AddAndNorm(asking, attended, weights.AttentionNorm, peft.AfterAttention, config, context);
        var inner = config.HiddenAct.Of(Project(middle, weights.Intermediate, peft.FeedForwardInner)); // (batch, rows, feed-forward)
        var fed = Project(inner, weights.Output, peft.FeedForwardOutput);
        return AddAndNorm(middle, fed, weights.OutputNorm, peft.AfterFeedForward, config, context).MoveToOuterDisposeScope();
    }

    /// <summary>norm(input + output), with the sub-layer's changes. The output, which nobody else may want, can be overwritten.</summary>
    public static Tensor AddAndNorm(Tensor input, Tensor output, NormWeights norm, SubLayerPeft peft, BackboneConfig config, ForwardContext context)
    {
        var sum = Sum(input, output, peft, config, context);
        var normed = norm.Forward(sum);
        // Pfeiffer's form in AdapterHub: the adapter reads the normed sum, its residual is the sum's own, and the same norm comes again.
        return peft.OfNormed.Count == 0 ? normed : norm.Forward(Changed(sum, normed, peft.OfNormed));
    }

    /// <summary>input + output, with the changes that read one of the two.</summary>
    public static Tensor Sum(Tensor input, Tensor output, SubLayerPeft peft, BackboneConfig config, ForwardContext context)
    {
        Tensor sum;
        if (peft.OfOutput.Count == 0)
            sum = context.DroppedOnto(input, output, config.HiddenDropout);
        else
        {
            var own = context.Dropped(output, config.HiddenDropout);
            sum = Changed(own.add(input), own, peft.OfOutput);
        }
        return Changed(sum, input, peft.OfInput);
    }

    public static Tensor Changed(Tensor sum, Tensor read, IReadOnlyList<IChange> changes)
    {
        foreach (var change in changes)
            sum = change.Of(read).add_(sum);
        return sum;
    }

    private static Tensor Attention(
        Tensor asking, Tensor hidden, LayerWeights weights, LayerPeft peft, BackboneConfig config, AttentionMask mask, ForwardContext context)
    {
        var (batch, rows, keys) = (hidden.size(0), asking.size(1), hidden.size(1));
        var query = Heads(Project(asking, weights.Query, peft.Query)); // (batch, heads, rows, headSize)
        var key = Heads(Project(hidden, weights.Key, peft.Key));
        var value = Heads(Project(hidden, weights.Value, peft.Value)); // (batch, heads, keys, headSize)
        var length = peft.Prefix?.Length ?? 0;
        if (peft.Prefix is { } prefix)
            (key, value) = (prefix.InFrontOf(key, prefix.Key), prefix.InFrontOf(value, prefix.Value)); // (batch, heads, length + keys, headSize)
        var seen = Kernels.Attention(query, key, value, mask.For(length), 1 / Math.Sqrt(config.HeadSize), context.Attention(config.AttentionDropout, length));
        if (peft.Heads is { } adapter)
            seen = adapter.Of(query).add_(seen);
        return seen.transpose(1, 2).reshape(batch, rows, config.Heads * config.HeadSize);

        Tensor Heads(Tensor all) => all.view(batch, all.size(1), config.Heads, config.HeadSize).transpose(1, 2);
    }

    /// <summary>The product with what a trial put on it.</summary>
    public static Tensor Project(Tensor input, LinearWeights weights, ProductPeft peft)
    {
        var type = input.dtype;
        if (peft.InputRescaling is { } inner)
            input = input.mul(inner.In(type));
        var output = peft.Lora is { } lora
            ? Kernels.LoraLinear(input, weights.Weight.In(type), weights.Bias.In(type), lora.Down, lora.Up, lora.Scale)
            : weights.Forward(input);
        return peft.Rescaling is { } rescaling ? output.mul(rescaling.In(type)) : output;
    }
}
