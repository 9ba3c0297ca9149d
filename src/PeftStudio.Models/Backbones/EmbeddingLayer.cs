using PeftStudio.Formats.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>Words + positions + types, normed, dropped.</summary>
internal static class EmbeddingLayer
{
    public static Tensor Forward(TokenBatch batch, EmbeddingWeights weights, BackboneConfig config, ScalarType type, ForwardContext context)
    {
        if (batch.Time > config.MaxLength)
            throw new ArgumentException($"rows of {batch.Time} tokens; the backbone takes at most {config.MaxLength}", nameof(batch));
        using var scope = NewDisposeScope();
        var sum = Lookup(weights.Words, batch.Ids, type) // (batch, time, width)
            .add_(Positions(batch, weights.Positions, config, type))
            .add_(batch.Types is null ? weights.Types.select(0, 0).In(type) : Lookup(weights.Types, batch.Types, type));
        return context.Dropped(weights.Norm.Forward(sum), config.HiddenDropout).MoveToOuterDisposeScope();
    }

    private static Tensor Positions(TokenBatch batch, Tensor positions, BackboneConfig config, ScalarType type)
    {
        if (config.FirstPosition == 0)
            return positions.narrow(0, 0, batch.Time).In(type); // (time, width)
        // RoBERTa counts tokens, not places; padding stays at the padding's position (transformers, create_position_ids_from_input_ids).
        var real = batch.Ids.ne(config.PadTokenId).to(ScalarType.Int64);
        return Lookup(positions, real.cumsum(1).mul_(real).add_(config.PadTokenId), type);
    }

    /// <summary>Rows of a table; ids (batch, time).</summary>
    public static Tensor Lookup(Tensor table, Tensor ids, ScalarType type) => // (batch, time, width)
        table.index_select(0, ids.flatten()).view(ids.size(0), ids.size(1), table.size(1)).In(type);
}
