using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>
/// Which of a decoder's inputs come after which. Usually a line: each is seen by those behind it. A tree has many continuations of one beginning side by side, in one
/// pass: each input sees itself and what it continues, and its position is how far that goes back.
/// </summary>
internal sealed class DecoderLayout
{
    private readonly int[]? parents;

    private DecoderLayout(int[]? parents, int[] positions) => (this.parents, Positions) = (parents, positions);

    /// <summary>From 0.</summary>
    public int[] Positions { get; }

    public static DecoderLayout Line(long rows) => new(null, [.. Enumerable.Range(0, checked((int)rows))]);

    /// <param name="parents">which input each one continues, an earlier one; -1: none.</param>
    public static DecoderLayout Tree(IReadOnlyList<int> parents)
    {
        var positions = new int[parents.Count];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = parents[i] < 0 ? 0 : positions[parents[i]] + 1;
        return new([.. parents], positions);
    }

    /// <summary>Added to the scores of what is not to be seen; (1, 1, rows, rows), in the caller's scope.</summary>
    public Tensor Mask(ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var rows = Positions.Length;
        return Unseen(device).to(type).mul(AttentionMask.Unseen(type)).view(1, 1, rows, rows).MoveToOuterDisposeScope();
    }

    // (rows, rows): 1 for what is not seen.
    private Tensor Unseen(Device device)
    {
        var rows = Positions.Length;
        if (parents is null)
            return ones([rows, rows], ScalarType.Float32, device).triu(1);
        var unseen = Enumerable.Repeat(1f, rows * rows).ToArray();
        for (var row = 0; row < rows; row++)
            for (var seen = row; seen >= 0; seen = parents[seen])
                unseen[(row * rows) + seen] = 0;
        return tensor(unseen, [rows, rows], device: device);
    }
}

/// <summary>A language model's targets.</summary>
internal static class Targets
{
    /// <summary>Value of a target that counts for nothing in the loss.</summary>
    public const long Ignored = -100;

    /// <summary>What the decoder reads: the start token, then all but the last target; padding stands for what is ignored. targets (batch, rows).</summary>
    public static Tensor Shifted(Tensor targets, int start, int pad)
    {
        using var scope = NewDisposeScope();
        var first = full([targets.size(0), 1], start, ScalarType.Int64, targets.device);
        var shifted = cat([first, targets.narrow(1, 0, targets.size(1) - 1)], 1);
        return shifted.masked_fill(shifted.eq(Ignored), pad).MoveToOuterDisposeScope();
    }
}
