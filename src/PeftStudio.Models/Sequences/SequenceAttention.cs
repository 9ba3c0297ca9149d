using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
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
    /// <param name="cache">of earlier passes' keys, which stand before this one's; null: there are none</param>
    /// <returns>(batch, rows, width), in the caller's scope</returns>
    public Tensor Forward(Tensor asking, Tensor seen, int heads, double scale, Tensor? mask, double dropout, LayerPeft peft, ForwardContext context, AttentionCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var query = Split(asking, Query, peft.Query);
        var (key, value) = cache is null ? Read(first: true) : cache.With(Read);
        var length = peft.Prefix?.Length ?? 0;
        if (mask is not null && mask.size(-1) != key.size(2))
            mask = SeenBefore(mask, length);
        var read = Kernels.Attention(query, key, value, mask, scale, context.Attention(dropout, length));
        if (peft.Heads is { } adapter)
            read = adapter.Of(query).add_(read);
        return EncoderLayer.Project(read.transpose(1, 2).reshape(asking.size(0), asking.size(1), -1), Output, peft.AttentionOutput).MoveToOuterDisposeScope();

        (Tensor Key, Tensor Value) Read(bool first)
        {
            var (key, value) = (Split(seen, Key, peft.Key), Split(seen, Value, peft.Value));
            return first && peft.Prefix is { } prefix ? (prefix.InFrontOf(key, prefix.Key), prefix.InFrontOf(value, prefix.Value)) : (key, value);
        }

        Tensor Split(Tensor input, LinearWeights weights, ProductPeft product) => // (batch, heads, time, headSize)
            EncoderLayer.Project(input, weights, product).view(input.size(0), input.size(1), heads, -1).transpose(1, 2);
    }

    /// <summary>The mask with <paramref name="length"/> keys in front, which are always seen: a prefix. It has no position but where it counts as tokens.</summary>
    public static Tensor SeenBefore(Tensor mask, long length) => length == 0
        ? mask
        : cat([zeros([mask.size(0), mask.size(1), mask.size(2), length], mask.dtype, mask.device), mask], -1);
}
