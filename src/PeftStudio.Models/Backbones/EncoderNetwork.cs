using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Peft;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>BERT and RoBERTa with a classification head. Whatever lies below the lowest trained layer runs without autograd.</summary>
/// <param name="lowest">the first layer that gradients reach, from 0; -1: the embeddings; the number of layers: the head alone.</param>
internal sealed class EncoderNetwork(BackboneConfig config, ScalarType type, EncoderWeights weights, IReadOnlyList<LayerPeft> layers, ClassificationHead head, int lowest) : ITaskNetwork
{
    public Tensor Forward(TokenBatch batch, Tensor? targets, ForwardContext context, Action<string, int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        // The head reads the first token alone, so the last layer computes no other, but for who wants to see them.
        return head.Forward(Encode(batch, context, visit is null ? 1 : batch.Time, visit), config, context).MoveToOuterDisposeScope();
    }

    private Tensor Encode(TokenBatch batch, ForwardContext context, long lastRows, Action<string, int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var mask = new AttentionMask(batch, type, layers.Where(l => l.Prefix is not null).Select(l => l.Prefix!.Length));
        Tensor hidden;
        using (lowest >= 0 ? no_grad() : null)
            hidden = EmbeddingLayer.Forward(batch, weights.Embeddings, config, type, context);
        visit?.Invoke("encoder", 0, hidden);
        for (var i = 0; i < layers.Count; i++)
        {
            var below = hidden;
            var rows = i == layers.Count - 1 ? lastRows : batch.Time;
            using (i < lowest ? no_grad() : null)
                hidden = EncoderLayer.Forward(below, rows, weights.Layers[i], layers[i], config, mask, context);
            below.Dispose();
            visit?.Invoke("encoder", i + 1, hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }
}
