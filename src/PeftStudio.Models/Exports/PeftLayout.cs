using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// HF PEFT's layout. One of three kinds: LoRA with its own rank in each group and trained biases (bias = "all"); (IA)3; norms alone. Beside LoRA and (IA)3 norms travel as
/// modules_to_save, and so does the head of all three.
/// </summary>
internal sealed class PeftLayout(BackboneConfig config) : IExportLayout
{
    public string? AgainstParts => null;

    public string? Against(ModulePlacement module, InsertionPlan plan) => module switch
    {
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel, Scale: < 0 } => "its scale is below 0, and LoRA's alpha is not",
        { Form: FunctionalForm.LowRank, Insertion: InsertionForm.Parallel } => null,
        { Form: FunctionalForm.LowRank } => "PEFT's LoRA reads a product's input, not a sub-layer's output",
        { Form: FunctionalForm.KeyValue, Gated: false } => "PEFT has no multi-head adapter",
        { Form: FunctionalForm.KeyValue } => $"PEFT has one prefix for all layers, cannot put it beside LoRA, and {AgainstPrefix()}",
        { Form: FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck } => "PEFT has no bottleneck adapters",
        { Form: FunctionalForm.Rescaling } => AgainstVector(module, plan),
        _ => $"this version does not write the form {module.Form} for PEFT",
    };

    public string? Against(TrainedTensor tensor) =>
        tensor.Added is not null ? "PEFT trains the biases that the backbone has, and adds none"
        : ParameterGroups.Decays(tensor.Key) ? "PEFT carries biases and whole norms of the backbone, no other tensors"
        : null;

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var content = new PeftContent(source);
        JsonText.WriteSorted(Path.Join(folder, PeftFolder.ConfigName), content.Config());
        var metadata = new Dictionary<string, string>(AdapterHubLayout.Metadata, StringComparer.Ordinal) { [ExportedLayers.Name] = ExportedLayers.Of(source.Backbone) };
        SafetensorsWriter.Write(Path.Join(folder, PeftFolder.WeightsName), [.. content.Tensors()], metadata);
        return content.NeedsCarrier ? ["PEFT has no BitFit: biases and norms travel with a LoRA of rank 1 whose products are zero; it changes nothing."] : [];
    }

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        return ComparisonRows.Logits(adapter.Model, rows);
    }

    private string AgainstPrefix() => config.ModelType switch
    {
        "t5" or "bart" => $"gives {config.ModelType.ToUpperInvariant()}'s encoder none, and its decoder layers' self and cross attention entries of one tensor, laid twice in a row",
        _ => "shifts position ids behind it on BERT and RoBERTa, which the studio does not",
    };

    private string? AgainstVector(ModulePlacement vector, InsertionPlan plan)
    {
        if (plan.Modules.Any(m => m.Form == FunctionalForm.LowRank && Against(m, plan) is null) || plan.Tensors.Any(t => Against(t) is null && !PeftContent.IsOfWholeNorm(t, plan)))
            return "PEFT's (IA)3 is a checkpoint of its own, not beside LoRA and biases";
        var read = Representations.ReadBy(vector.Site);
        var before = read is ModifiedRepresentation.None ? null : plan.Modules.FirstOrDefault(m =>
            (m.Form, m.Site, m.Stack, m.Layer, m.IsCross) == (FunctionalForm.Rescaling, read, vector.Stack, vector.Layer, vector.IsCross));
        return before is null ? null : $"PEFT's (IA)3 has one vector a product, and '{before.Method}' has multiplied what this one reads";
    }
}
