using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
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
            if (model.Head.IsLanguageModel && !rows.HasLabels)
                throw new InvalidDataException($"the inputs have no 'labels': the decoder of {backbone.Config.ModelType} reads them, shifted right");
            var labels = !rows.HasLabels ? null : model.Head.IsLanguageModel ? rows.Targets(backbone.Config, backbone.Device) : rows.Labels(model.Head, backbone.Device);
            var logits = model.Forward(batch, ForwardContext.Evaluation, model.Head.IsLanguageModel ? labels : null);
            var results = new List<SafetensorsTensor> { AdapterTensors.ToTensor("logits", logits) };
            if (labels is not null)
            {
                var loss = model.Head.Loss(logits, labels);
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

    /// <summary>The head that a checkpoint brings, or else the one that its config.json describes; an encoder-decoder without one is a language model.</summary>
    public static HeadPlan HeadOf(Backbone backbone)
    {
        if (backbone.Config.T5 is not null)
            return HeadPlan.LanguageModel;
        var stored = backbone.HeadLayout.Out + ".weight";
        if (backbone.Config.Bart is not null && !backbone.Contains(stored))
            return HeadPlan.LanguageModel;
        var outputs = backbone.Contains(stored) ? (int)backbone[stored].size(0) : backbone.Config.Labels.Count;
        return HeadPlan.OfOutputs(outputs);
    }

    /// <summary>What <see cref="HeadOf"/> asks for and the checkpoint does not hold, in a sentence for who is shown its logits; nothing where it holds all.</summary>
    public static ValueList<string> Notes(Backbone backbone)
    {
        var head = HeadOf(backbone);
        var drawn = head.IsLanguageModel ? [] : backbone.HeadLayout.Keys(backbone.Config.HiddenSize, head.Outputs).Select(part => part.Key).Where(key => !backbone.Contains(key)).Select(backbone.CheckpointKey).ToArray();
        return drawn.Length == 0 ? [] : [$"{backbone.Folder}: the checkpoint has no {string.Join(", ", drawn)}: the head is new there, drawn at random and untrained, and so are its logits"];
    }

    internal static void RequireLabels(TokenisedRows rows, bool gradients)
    {
        if (gradients && !rows.HasLabels)
            throw new InvalidDataException("gradients need a loss: the inputs have no 'labels'");
    }

    private static TunedModel PlainModel(Backbone backbone, bool gradients)
    {
        var head = HeadOf(backbone);
        return TunedModel.Create(backbone, gradients ? InsertionPlan.Everything(backbone, head) : InsertionPlan.Empty, head, new InitialisationSeed(0, 0));
    }
}
