using PeftStudio.Models.Backbones;

namespace PeftStudio.Training.Batching;

/// <summary>Rows padded to the longest of their batch.</summary>
internal static class Padding
{
    public static TokenBatch Batch(IReadOnlyList<TokenisedRow> rows, int[] batch, Backbone backbone)
    {
        var time = batch.Max(row => rows[row].Ids.Length);
        var ids = new long[batch.Length * time];
        var typeIds = new long[ids.Length];
        var mask = new long[ids.Length];
        Array.Fill(ids, backbone.Config.PadTokenId);
        for (var i = 0; i < batch.Length; i++)
        {
            var row = rows[batch[i]];
            for (var t = 0; t < row.Ids.Length; t++)
            {
                var at = (i * time) + t;
                (ids[at], typeIds[at], mask[at]) = (row.Ids[t], row.TypeIds[t], 1);
            }
        }
        return new TokenBatch(ids, mask, typeIds, batch.Length, backbone.Device);
    }
}
