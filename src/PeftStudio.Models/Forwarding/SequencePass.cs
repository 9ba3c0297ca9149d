using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Forwarding;

/// <summary><see cref="ForwardPass"/> for T5 and BART.</summary>
internal static class SequencePass
{
    /// <exception cref="InvalidDataException">A language model's rows have no labels, which its decoder reads.</exception>
    public static IReadOnlyList<SafetensorsTensor> Run(Backbone backbone, TokenisedRows rows, bool gradients)
    {
        using var model = SequenceModel.Create(backbone, trained: gradients);
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
            results.AddRange(model.Parameters.Parameters.Select(p => AdapterTensors.ToTensor($"grad.{backbone.CheckpointKey(p.Name)}", p.Value.grad!)));
        }
        return results;
    }
}
