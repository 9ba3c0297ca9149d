using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>HF PEFT's layout: LoRA with its own rank in each group, trained biases (bias = "all"), and the head among modules_to_save.</summary>
internal sealed class PeftLayout : IExportLayout
{
    private const string Carrier = "carrier";

    public string? AgainstParts => null;

    public string? Against(ModulePlacement module) => module.Form switch
    {
        FunctionalForm.LowRank => null,
        FunctionalForm.KeyValue => "PEFT has one prefix for all layers, cannot put it beside LoRA, and shifts position ids behind it on BERT and RoBERTa, which the studio does not",
        FunctionalForm.Bottleneck => "PEFT has no bottleneck adapters",
        _ => $"this version does not write the form {module.Form} for PEFT",
    };

    public string? Against(TrainedTensor tensor) =>
        tensor.Key.EndsWith(".bias", StringComparison.Ordinal) ? null : "PEFT carries biases beside LoRA, no other tensors of the backbone";

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var (plan, backbone) = (source.Model.Plan, source.Backbone);
        var carriesBiases = plan.Modules.Count == 0;
        var modules = carriesBiases ? [new ModulePlacement(LowestLayer(source), Carrier, FunctionalForm.LowRank, ModifiedRepresentation.Query, 1, 1)] : plan.Modules.ToArray();
        var targets = modules.Select(m => ModuleSites.Module(m.Layer, m.Site)).ToHashSet(StringComparer.Ordinal);
        var head = backbone.HeadLayout.Keys(backbone.Config.HiddenSize, source.Model.Head.Outputs).Select(k => k.Key).Where(source.Model.Parameters.Contains).ToArray();
        JsonText.WriteSorted(
            Path.Join(folder, PeftFolder.ConfigName),
            PeftConfig.Of(modules, source.BackboneName, plan.Tensors.Count > 0, head.Select(key => key.Split('.')[0]).Distinct(StringComparer.Ordinal)));
        SafetensorsWriter.Write(
            Path.Join(folder, PeftFolder.WeightsName),
            [
                .. modules.SelectMany(m => Lora(m, carriesBiases)),
                .. plan.Tensors.Select(t => AdapterTensors.ToTensor(PeftFolder.Root + BiasKey(t.Key), source.Value(t.Key))),
                .. head.Select(key => AdapterTensors.ToTensor(PeftFolder.Root + Wrapped(key), source.Value(key))),
            ],
            AdapterHubLayout.Metadata);
        return carriesBiases ? ["PEFT has no BitFit: the biases travel with a LoRA of rank 1 whose products are zero; it changes nothing."] : [];

        IEnumerable<SafetensorsTensor> Lora(ModulePlacement module, bool zero)
        {
            var path = PeftFolder.Root + Wrapped(ModuleSites.Module(module.Layer, module.Site));
            var width = backbone.Config.HiddenSize;
            yield return zero ? Zeros($"{path}.lora_A.weight", 1, width) : AdapterTensors.ToTensor($"{path}.lora_A.weight", source.Value($"{ModuleParameters.Prefix(module)}.down"));
            yield return zero ? Zeros($"{path}.lora_B.weight", width, 1) : AdapterTensors.ToTensor($"{path}.lora_B.weight", source.Value($"{ModuleParameters.Prefix(module)}.up"));
        }

        // A module that LoRA wraps keeps its bias one level deeper.
        string BiasKey(string bare)
        {
            var module = bare[..^".bias".Length];
            return Wrapped(module) + (targets.Contains(module) ? ".base_layer.bias" : ".bias");
        }

        string Wrapped(string bare) => bare.StartsWith("classifier", StringComparison.Ordinal) ? bare : BackboneKeys.Prefix(backbone.Config.ModelType) + bare;
    }

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        return adapter.Model.Forward(rows, ForwardContext.Evaluation);
    }

    private static int LowestLayer(ExportSource source) => Enumerable.Range(0, source.Backbone.Config.Layers)
        .FirstOrDefault(layer => source.Model.Plan.Tensors.Any(t => t.Key.StartsWith(EncoderKeys.Layer(layer), StringComparison.Ordinal)));

    private static SafetensorsTensor Zeros(string key, long rows, long columns) => SafetensorsTensor.FromFloats(key, new float[rows * columns], rows, columns);
}
