using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>What is added to attention scores so that padding is not seen; prefixes always are. Made once a forward pass, in the caller's scope.</summary>
internal sealed class AttentionMask
{
    private readonly Dictionary<long, Tensor> byPrefix = [];

    /// <param name="prefixes">the lengths of the prefixes that layers have.</param>
    public AttentionMask(TokenBatch batch, ScalarType type, IEnumerable<long> prefixes)
    {
        if (batch.Mask is null)
            return;
        using var scope = NewDisposeScope();
        var tokens = batch.Mask.eq(0).to(type).mul(Unseen(type)).view(batch.Rows, 1, 1, batch.Time);
        foreach (var prefix in prefixes.Append(0).Distinct())
        {
            var mask = prefix == 0 ? tokens : cat([zeros([batch.Rows, 1, 1, prefix], type, tokens.device), tokens], -1);
            byPrefix.Add(prefix, mask.MoveToOuterDisposeScope()); // (batch, 1, 1, prefix + time)
        }
    }

    /// <summary>Added to the score of what is not to be seen: the type's lowest number, not infinity, so that a row without any token gets evenly spread attention, not NaN.</summary>
    public static double Unseen(ScalarType type) => type switch
    {
        ScalarType.BFloat16 => -3.3895313892515355e38,
        ScalarType.Float64 => double.MinValue,
        _ => float.MinValue,
    };

    /// <summary>Null where everything is seen.</summary>
    public Tensor? For(long prefix) => byPrefix.GetValueOrDefault(prefix);
}
