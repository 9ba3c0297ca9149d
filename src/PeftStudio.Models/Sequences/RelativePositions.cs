using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>T5's positions: a learned number a head for each bucket of distances, added to the scores (Raffel et al. 2020, 2.1).</summary>
internal static class RelativePositions
{
    /// <param name="table">(buckets, heads)</param>
    /// <param name="layout">the queries' positions and the keys'.</param>
    /// <param name="ahead">places that stand before the first key and are seen too: a prefix that counts as tokens, which moves every key's position.</param>
    /// <param name="bothWays">the encoder's tokens see both sides, the decoder's look back.</param>
    /// <returns>(1, heads, rows, ahead + keys), contiguous: fused attention takes no other</returns>
    public static Tensor Bias(Tensor table, DecoderLayout layout, int ahead, bool bothWays, T5Config t5, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var positions = layout.Positions;
        int[] keys = [.. Enumerable.Range(0, ahead), .. layout.KeyPositions.Select(position => ahead + position)];
        var largest = keys.Max();
        // One bucket a distance, spread over the square.
        var byDistance = Enumerable.Range(-largest, (2 * largest) + 1).Select(distance => (long)Bucket(distance, bothWays, t5)).ToArray();
        var buckets = new long[positions.Length * keys.Length];
        for (var row = 0; row < positions.Length; row++)
            for (var key = 0; key < keys.Length; key++)
                buckets[(row * keys.Length) + key] = byDistance[largest + keys[key] - positions[row]];
        return table.t().index_select(1, tensor(buckets, device: table.device)).view(1, -1, positions.Length, keys.Length).In(type).MoveToOuterDisposeScope();
    }

    /// <summary>Half of a direction's buckets are one distance each; the others grow by logarithms up to the largest distance.</summary>
    /// <param name="distance">place of the key minus place of the query.</param>
    public static int Bucket(int distance, bool bothWays, T5Config t5)
    {
        var (buckets, offset) = (t5.Buckets, 0);
        if (bothWays)
        {
            buckets /= 2;
            (offset, distance) = (distance > 0 ? buckets : 0, Math.Abs(distance));
        }
        else
            distance = Math.Max(-distance, 0);
        var exact = buckets / 2;
        if (distance < exact)
            return offset + distance;
        // In fp32, as the reference does: where a bucket begins is a matter of rounding.
        var share = MathF.Log(distance / (float)exact) / (float)Math.Log(t5.MaxDistance / (double)exact);
        return offset + Math.Min(buckets - 1, exact + (int)(share * (buckets - exact)));
    }
}
