using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>What a decoder is given to read, and what of it it may see.</summary>
internal static class DecoderInputs
{
    /// <summary>Value of a target that counts for nothing in the loss.</summary>
    public const long Ignored = -100;

    /// <summary>Start token, then all but the last; padding stands for what is ignored. ids (batch, rows).</summary>
    public static Tensor Shifted(Tensor ids, int start, int pad)
    {
        using var scope = NewDisposeScope();
        var first = full([ids.size(0), 1], start, ScalarType.Int64, ids.device);
        var shifted = cat([first, ids.narrow(1, 0, ids.size(1) - 1)], 1);
        return shifted.masked_fill(shifted.eq(Ignored), pad).MoveToOuterDisposeScope();
    }

    /// <summary>Added to the scores: a token sees itself and those before it; (1, 1, rows, rows).</summary>
    public static Tensor Causal(long rows, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        return ones([rows, rows], ScalarType.Float32, device).triu(1).to(type).mul(AttentionMask.Unseen(type)).view(1, 1, rows, rows).MoveToOuterDisposeScope();
    }
}
