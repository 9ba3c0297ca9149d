using PeftStudio.Models.Backbones;
using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>Queries, keys and values (inner, width), and the way back (width, inner); inner = heads x headSize.</summary>
internal sealed record AttentionWeights(LinearWeights Query, LinearWeights Key, LinearWeights Value, LinearWeights Output)
{
    /// <param name="asking">(batch, rows, width)</param>
    /// <param name="seen">what is attended to, (batch, keys, width): the same, or the encoder's output</param>
    /// <param name="mask">added to the scores, broadcast to (batch, heads, rows, keys)</param>
    /// <param name="scale">of the scores: 1 in T5, whose weights were drawn for it</param>
    /// <returns>(batch, rows, width), in the caller's scope</returns>
    public Tensor Forward(Tensor asking, Tensor seen, int heads, double scale, Tensor? mask, double dropout, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var read = Kernels.Attention(Split(Query, asking), Split(Key, seen), Split(Value, seen), mask, scale, context.Attention(dropout, prefix: 0));
        return Output.Forward(read.transpose(1, 2).reshape(asking.size(0), asking.size(1), -1)).MoveToOuterDisposeScope();

        Tensor Split(LinearWeights weights, Tensor input) => // (batch, heads, time, headSize)
            weights.Forward(input).view(input.size(0), input.size(1), heads, -1).transpose(1, 2);
    }
}
