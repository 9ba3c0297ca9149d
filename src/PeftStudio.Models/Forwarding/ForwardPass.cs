using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Forwarding;

/// <summary>One forward (and backward) pass over tokenised rows, as tensors for a file.</summary>
public static class ForwardPass
{
    /// <summary>
    /// <c>logits</c>; with labels <c>loss</c>; with <paramref name="gradients"/> <c>grad.KEY</c> of every parameter by the checkpoint's keys, or of the adapter's
    /// alone, by the keys of its own files.
    /// </summary>
    /// <exception cref="InvalidDataException">Gradients are asked for and the rows have no labels.</exception>
    public static IReadOnlyList<SafetensorsTensor> Run(Backbone backbone, LoadedAdapter? adapter, TokenisedRows rows, bool gradients)
    {
        RequireLabels(rows, gradients);
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var own = adapter is null ? PlainModel(backbone, gradients) : null;
        using (own)
        {
            var model = adapter?.Model ?? own ?? throw new InvalidOperationException("no model");
            using var batch = rows.ToBatch(backbone.Device);
            model.Parameters.Gradient.zero_();
            var logits = model.Forward(batch, ForwardContext.Evaluation);
            var results = new List<SafetensorsTensor> { AdapterTensors.ToTensor("logits", logits) };
            if (rows.HasLabels)
            {
                var loss = model.Head.Loss(logits, rows.Labels(model.Head, backbone.Device));
                results.Add(AdapterTensors.ToTensor("loss", loss));
                if (gradients)
                {
                    loss.backward();
                    var named = adapter?.Gradients() ?? model.Parameters.Parameters.Select(p => (Key: backbone.CheckpointKey(p.Name), Gradient: p.Value.grad!));
                    results.AddRange(named.Select(g => AdapterTensors.ToTensor($"grad.{g.Key}", g.Gradient)));
                }
            }
            return results;
        }
    }

    /// <summary>The head that a checkpoint brings, or else the one that its config.json describes.</summary>
    public static HeadPlan HeadOf(Backbone backbone)
    {
        var stored = backbone.HeadLayout.Out + ".weight";
        var outputs = backbone.Contains(stored) ? (int)backbone[stored].size(0) : backbone.Config.Labels.Count;
        return outputs == 1 ? HeadPlan.Regression : HeadPlan.Classification(outputs);
    }

    internal static void RequireLabels(TokenisedRows rows, bool gradients)
    {
        if (gradients && !rows.HasLabels)
            throw new InvalidDataException("gradients need a loss: the inputs have no 'labels'");
    }

    private static TunedModel PlainModel(Backbone backbone, bool gradients) => TunedModel.Create(
        backbone, gradients ? InsertionPlan.Everything(backbone) : InsertionPlan.Empty, HeadOf(backbone), new InitialisationSeed(0, 0));
}
