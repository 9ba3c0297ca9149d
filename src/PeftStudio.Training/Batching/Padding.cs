using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training.Batching;

/// <summary>Rows padded to the longest of their batch.</summary>
internal static class Padding
{
    public static TokenBatch Batch(IReadOnlyList<TokenisedRow> rows, int[] batch, Backbone backbone)
    {
        var time = batch.Max(row => rows[row].Ids.Length);
        var ids = new long[batch.Length * time];
        // Where the table has one row, a tokenizer's types say nothing: the reference drops them (RobertaTokenizer's model_input_names).
        var typeIds = backbone.Config.TypeVocabSize > 1 ? new long[ids.Length] : null;
        var mask = new long[ids.Length];
        Array.Fill(ids, backbone.Config.PadTokenId);
        for (var i = 0; i < batch.Length; i++)
        {
            var row = rows[batch[i]];
            for (var t = 0; t < row.Ids.Length; t++)
            {
                var at = (i * time) + t;
                (ids[at], mask[at]) = (row.Ids[t], 1);
                if (typeIds is not null)
                    typeIds[at] = row.TypeIds[t];
            }
        }
        return new TokenBatch(ids, mask, typeIds, batch.Length, backbone.Device);
    }

    /// <summary>What should be written: (rows, longest), int64, ignored behind the end; in the caller's scope.</summary>
    public static Tensor Targets(IReadOnlyList<TokenisedRow> rows, int[] batch, Device device)
    {
        var texts = batch.Select(row => rows[row].Text?.Ids ?? throw new ArgumentException($"row {row} has no text to learn", nameof(rows))).ToArray();
        var longest = texts.Max(text => text.Length);
        return tensor(
            texts.SelectMany(text => text.Select(token => (long)token).Concat(Enumerable.Repeat(HeadPlan.IgnoredTarget, longest - text.Length))).ToArray(), [texts.Length, longest], device: device);
    }
}
