using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Forwarding;

/// <summary><see cref="ForwardPass"/> for T5 and BART.</summary>
public static class SequencePass
{
    /// <param name="adapter">in another project's layout; null: none</param>
    /// <exception cref="InvalidDataException">Gradients are asked for without labels, or a language model's rows have none for its decoder to read.</exception>
    public static IReadOnlyList<SafetensorsTensor> Run(Backbone backbone, ImportedAdapter? adapter, TokenisedRows rows, bool gradients)
    {
        ForwardPass.RequireLabels(rows, gradients);
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var plan = adapter?.Plan ?? (gradients ? SequenceModel.Everything(backbone) : InsertionPlan.Empty);
        using var model = SequenceModel.Create(backbone, plan, new InitialisationSeed(0, 0));
        adapter?.CopyTo(model.Parameters);
        using var batch = rows.ToBatch(backbone.Device);
        if (model.Head is null && !rows.HasLabels)
            throw new InvalidDataException($"the inputs have no 'labels': the decoder of {backbone.Config.ModelType} reads them, shifted right");
        var targets = model.Head is null ? rows.Targets(backbone.Config, backbone.Device) : null;
        var logits = model.Forward(batch, targets, ForwardContext.Evaluation);
        var results = new List<SafetensorsTensor> { AdapterTensors.ToTensor("logits", logits) };
        if (!rows.HasLabels)
            return results;
        var loss = model.Loss(logits, targets ?? rows.Labels(model.Head!, backbone.Device));
        results.Add(AdapterTensors.ToTensor("loss", loss));
        if (gradients)
        {
            loss.backward();
            var named = adapter?.Gradients(model.Parameters) ?? model.Parameters.Parameters.Select(p => (Key: backbone.CheckpointKey(p.Name), Gradient: p.Value.grad!));
            results.AddRange(named.Select(g => AdapterTensors.ToTensor($"grad.{g.Key}", g.Gradient)));
        }
        return results;
    }
}
