using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>HF PEFT's layout: LoRA with its own rank in each group, trained biases (bias = "all"), norms and the head as modules_to_save.</summary>
internal sealed class PeftLayout : IExportLayout
{
    private const string Carrier = "carrier";

    public string? AgainstParts => null;

    public string? Against(ModulePlacement module, InsertionPlan plan) => module switch
    {
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel, Scale: < 0 } => "its scale is below 0, and LoRA's alpha is not",
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel } => null,
        { Form: FunctionalForm.LowRank } => "PEFT's LoRA reads a product's input, not a sub-layer's output",
        { Form: FunctionalForm.KeyValue, Gated: false } => "PEFT has no multi-head adapter",
        { Form: FunctionalForm.KeyValue } => "PEFT has one prefix for all layers, cannot put it beside LoRA, and shifts position ids behind it on BERT and RoBERTa, which the studio does not",
        { Form: FunctionalForm.Bottleneck } => "PEFT has no bottleneck adapters",
        { Form: FunctionalForm.Rescaling } => "PEFT's (IA)3 is a checkpoint of its own, not beside LoRA and biases; this version does not write it",
        _ => $"this version does not write the form {module.Form} for PEFT",
    };

    public string? Against(TrainedTensor tensor) => ParameterGroups.Decays(tensor.Key) ? "PEFT carries biases and whole norms of the backbone, no other tensors" : null;

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var (plan, backbone) = (source.Model.Plan, source.Backbone);
        var carriesBiases = plan.Modules.Count == 0;
        var modules = carriesBiases ? [new ModulePlacement(LowestLayer(source), Carrier, FunctionalForm.LowRank, ModifiedRepresentation.Query, 1, 1) { Insertion = InsertionForm.Parallel }] : plan.Modules.ToArray();
        var targets = modules.Select(m => ModuleSites.Module(m.Layer, m.Site)).ToHashSet(StringComparer.Ordinal);
        var head = backbone.HeadLayout.Keys(backbone.Config.HiddenSize, source.Model.Head.Outputs).Select(k => k.Key).Where(source.Model.Parameters.Contains).ToArray();
        // A norm whose weight is trained is saved whole.
        var norms = plan.Tensors.Where(t => t.Key.EndsWith(".weight", StringComparison.Ordinal)).Select(t => Module(t.Key)).ToArray();
        JsonText.WriteSorted(
            Path.Join(folder, PeftFolder.ConfigName),
            PeftConfig.Of(
                modules, source.BackboneName, plan.Tensors.Any(t => !norms.Contains(Module(t.Key))),
                head.Select(key => key.Split('.')[0]).Distinct(StringComparer.Ordinal).Concat(norms)));
        SafetensorsWriter.Write(
            Path.Join(folder, PeftFolder.WeightsName),
            [
                .. modules.SelectMany(m => Lora(m, carriesBiases)),
                .. plan.Tensors.Select(t => AdapterTensors.ToTensor(PeftFolder.Root + Wrapped(Placed(t.Key)), source.Value(t.Key))),
                .. head.Select(key => AdapterTensors.ToTensor(PeftFolder.Root + Wrapped(key), source.Value(key))),
            ],
            AdapterHubLayout.Metadata);
        return carriesBiases ? ["PEFT has no BitFit: biases and norms travel with a LoRA of rank 1 whose products are zero; it changes nothing."] : [];

        IEnumerable<SafetensorsTensor> Lora(ModulePlacement module, bool zero)
        {
            var path = PeftFolder.Root + Wrapped(ModuleSites.Module(module.Layer, module.Site));
            var width = backbone.Config.HiddenSize;
            yield return zero ? Zeros($"{path}.lora_A.weight", 1, width) : AdapterTensors.ToTensor($"{path}.lora_A.weight", source.Value($"{ModuleParameters.Prefix(module)}.down"));
            yield return zero ? Zeros($"{path}.lora_B.weight", width, 1) : AdapterTensors.ToTensor($"{path}.lora_B.weight", source.Value($"{ModuleParameters.Prefix(module)}.up"));
        }

        // A module that LoRA wraps keeps its bias one level deeper.
        string Placed(string bare) => targets.Contains(Module(bare)) ? Module(bare) + ".base_layer.bias" : bare;

        string Wrapped(string bare) => bare.StartsWith("classifier", StringComparison.Ordinal) ? bare : BackboneKeys.Prefix(backbone.Config.ModelType) + bare;
    }

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        return adapter.Model.Forward(rows, ForwardContext.Evaluation);
    }

    private static string Module(string key) => key[..key.LastIndexOf('.')];

    private static int LowestLayer(ExportSource source) => Enumerable.Range(0, source.Backbone.Config.Layers)
        .FirstOrDefault(layer => source.Model.Plan.Tensors.Any(t => t.Key.StartsWith(EncoderKeys.Layer(layer), StringComparison.Ordinal)));

    private static SafetensorsTensor Zeros(string key, long rows, long columns) => SafetensorsTensor.FromFloats(key, new float[rows * columns], rows, columns);
}
