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
    private readonly float[]? unseen; // (trees, rows, keys): 1 for what is not seen
    private readonly long trees;

    private DecoderLayout(int[] positions, int[] keyPositions, long trees, float[]? unseen) =>
        (Positions, KeyPositions, this.trees, this.unseen) = (positions, keyPositions, trees, unseen);

    /// <summary>Of this pass's inputs, from 0.</summary>
    public int[] Positions { get; }

    /// <summary>Of all that can be seen: the inputs of earlier passes (<see cref="DecoderCache"/>), then this one's.</summary>
    public int[] KeyPositions { get; }

    public static DecoderLayout Line(long rows)
    {
        int[] positions = [.. Enumerable.Range(0, checked((int)rows))];
        return new(positions, positions, 1, unseen: null);
    }

    /// <param name="parents">which input each one continues, an earlier one; -1: none.</param>
    public static DecoderLayout Tree(IReadOnlyList<int> parents) => Trees([parents], parents.Count);

    /// <summary>A tree for each row of the batch; as deep as each other, input by input.</summary>
    /// <param name="parents">of each tree: which input each one continues, an earlier one; -1: none.</param>
    /// <param name="rows">how many of the inputs, from the last, this pass brings; earlier passes brought the others.</param>
    public static DecoderLayout Trees(IReadOnlyList<IReadOnlyList<int>> parents, int rows)
    {
        var depths = Depths(parents[0]);
        if (parents.Skip(1).Any(tree => !Depths(tree).AsSpan().SequenceEqual(depths)))
            throw new ArgumentException("trees of different depths have no positions in common", nameof(parents));
        var (keys, first) = (depths.Length, depths.Length - rows);
        var unseen = new float[parents.Count * rows * keys];
        Array.Fill(unseen, 1);
        for (var tree = 0; tree < parents.Count; tree++)
            for (var row = 0; row < rows; row++)
                for (var seen = first + row; seen >= 0; seen = parents[tree][seen])
                    unseen[(((tree * rows) + row) * keys) + seen] = 0;
        return new(depths[first..], depths, parents.Count, unseen);
    }

    /// <summary>Added to the scores of what is not to be seen; (1 or batch, 1, rows, keys), in the caller's scope.</summary>
    public Tensor Mask(ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var (rows, keys) = (Positions.Length, KeyPositions.Length);
        var unseen = this.unseen is null ? ones([rows, keys], ScalarType.Float32, device).triu(1) : tensor(this.unseen, [trees, rows, keys], device: device);
        return unseen.to(type).mul(AttentionMask.Unseen(type)).view(trees, 1, rows, keys).MoveToOuterDisposeScope();
    }

    private static int[] Depths(IReadOnlyList<int> parents)
    {
        var depths = new int[parents.Count];
        for (var i = 0; i < depths.Length; i++)
            depths[i] = parents[i] < 0 ? 0 : depths[parents[i]] + 1;
        return depths;
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
