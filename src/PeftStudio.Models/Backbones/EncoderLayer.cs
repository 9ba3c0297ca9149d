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
        var attended = context.DroppedOnto(asking, Project(heads, weights.AttentionOutput, peft.AttentionOutput), config.HiddenDropout);
        var middle = weights.AttentionNorm.Forward(attended);
        var inner = Activated(Project(middle, weights.Intermediate, peft.FeedForwardInner), config.HiddenAct); // (batch, rows, feed-forward)
        var sum = context.DroppedOnto(middle, Project(inner, weights.Output, peft.FeedForwardOutput), config.HiddenDropout);
        var output = weights.OutputNorm.Forward(sum);
        // Pfeiffer's form in AdapterHub: the adapter reads the normed sum, its residual is the sum's own, and the same norm comes again.
        if (peft.AfterFeedForward is { } adapter)
            output = weights.OutputNorm.Forward(adapter.Forward(output).add_(sum));
        return output.MoveToOuterDisposeScope();
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
        return Kernels.Attention(query, key, value, mask.For(length), 1 / Math.Sqrt(config.HeadSize), context.Attention(config.AttentionDropout, length))
            .transpose(1, 2).reshape(batch, rows, config.Heads * config.HeadSize);

        Tensor Heads(Tensor all) => all.view(batch, all.size(1), config.Heads, config.HeadSize).transpose(1, 2);
    }

    private static Tensor Project(Tensor input, LinearWeights weights, LowRank? lora)
    {
        if (lora is null)
            return weights.Forward(input);
        var type = input.dtype;
        return Kernels.LoraLinear(input, weights.Weight.In(type), weights.Bias.In(type), lora.Down, lora.Up, lora.Scale);
    }

    private static Tensor Activated(Tensor input, Activation activation) => activation switch
    {
        Activation.Gelu => Kernels.Gelu(input),
        Activation.GeluTanh => input.gelu(TorchSharp.Modules.GELU.Approximate.tanh),
        Activation.Relu => input.relu(),
        Activation.Silu => input.silu(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };
}
