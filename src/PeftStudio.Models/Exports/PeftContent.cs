using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Exports;

/// <summary>What stands in the two files of HF PEFT's layout for a plan that it can carry.</summary>
internal sealed class PeftContent
{
    private const string Carrier = "carrier";

    private readonly ExportSource source;
    private readonly PeftPaths paths;
    private readonly ModulePlacement[] modules;
    private readonly string[] head;
    private readonly string[] norms;
    private readonly bool isOfNorms;

    public PeftContent(ExportSource source)
    {
        this.source = source;
        var (plan, backbone) = (source.Model.Plan, source.Backbone);
        paths = new PeftPaths(backbone.Config);
        isOfNorms = plan.Modules.Count == 0 && plan.Tensors.All(t => IsOfWholeNorm(t, plan));
        NeedsCarrier = plan.Modules.Count == 0 && !isOfNorms;
        modules = NeedsCarrier ? [CarrierOf(LowestLayer())] : [.. plan.Modules];
        head = IsWriter ? [] : [.. backbone.HeadLayout.Keys(backbone.Config.HiddenSize, source.Model.Head.Outputs).Select(k => k.Key).Where(source.Model.Parameters.Contains)];
        // A norm whose weight is trained is saved whole.
        norms = [.. plan.Tensors.Where(t => IsOfWholeNorm(t, plan)).Select(t => Module(t.Key)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Whether biases are all there is: they need a LoRA to travel with.</summary>
    public bool NeedsCarrier { get; }

    private bool IsWriter => source.Model.Head.Writes;

    private bool IsOfVectors => modules is [{ Form: FunctionalForm.Rescaling }, ..];

    /// <summary>Whether a trained tensor belongs to a norm whose weight is trained.</summary>
    public static bool IsOfWholeNorm(TrainedTensor tensor, InsertionPlan plan) => plan.Tensors.Any(t => t.Key == Module(tensor.Key) + ".weight");

    public JsonObject Config()
    {
        var saved = head.Select(key => key.Split('.')[0]).Distinct(StringComparer.Ordinal);
        var config = new PeftConfig(paths, source.BackboneName, IsWriter, isOfNorms ? saved : saved.Concat(norms));
        return isOfNorms ? config.LayerNorm(norms)
            : IsOfVectors ? config.Ia3(modules)
            : config.Lora(modules, source.Model.Plan.Tensors.Any(t => !norms.Contains(Module(t.Key))));
    }

    public IEnumerable<SafetensorsTensor> Tensors()
    {
        var wrapped = modules.Select(paths.Product).ToHashSet(StringComparer.Ordinal);
        return modules.SelectMany(OfModule)
            .Concat(source.Model.Plan.Tensors.Select(t => AdapterTensors.ToTensor(PeftFolder.Root + paths.Wrapper + Placed(t.Key), source.Value(t.Key))))
            .Concat(head.Select(key => AdapterTensors.ToTensor(PeftFolder.Root + (key.StartsWith("pooler.", StringComparison.Ordinal) ? paths.Wrapper : "") + key, source.Value(key))));

        // A module that PEFT wraps keeps its own tensors one level deeper.
        string Placed(string bare) =>
            isOfNorms ? $"{Module(bare)}.ln_tuning_layers{bare[Module(bare).Length..]}"
            : wrapped.Contains(Module(bare)) ? $"{Module(bare)}.base_layer.bias"
            : bare;
    }

    private IEnumerable<SafetensorsTensor> OfModule(ModulePlacement module)
    {
        var product = paths.Product(module);
        var (path, own) = (PeftFolder.Root + paths.Wrapper + product, ModuleParameters.Prefix(module));
        var shape = source.Backbone[product + ".weight"].shape; // (out, in)
        if (module.Form == FunctionalForm.Rescaling)
        {
            var isRow = Representations.ReaderOf(module.Site) is not ModifiedRepresentation.None;
            yield return AdapterTensors.ToTensor($"{path}.ia3_l", source.Value($"{own}.{ModuleParameters.Rescaling}").view(isRow ? [1, shape[1]] : [shape[0], 1]));
            yield break;
        }
        yield return NeedsCarrier ? Zeros($"{path}.lora_A.weight", 1, shape[1]) : AdapterTensors.ToTensor($"{path}.lora_A.weight", source.Value($"{own}.down"));
        yield return NeedsCarrier ? Zeros($"{path}.lora_B.weight", shape[0], 1) : AdapterTensors.ToTensor($"{path}.lora_B.weight", source.Value($"{own}.up"));
    }

    private ModulePlacement CarrierOf(int layer) =>
        paths.Products(FunctionalForm.LowRank, Carrier).First(m => m.Layer == layer && m.Site == ModifiedRepresentation.Query) with { Size = 1 };

    private int LowestLayer() => Enumerable.Range(0, source.Backbone.Config.Layers)
        .FirstOrDefault(layer => source.Model.Plan.Tensors.Any(t => t.Key.StartsWith(paths.Layer("encoder", layer), StringComparison.Ordinal)));

    private static string Module(string key) => key[..key.LastIndexOf('.')];

    private static SafetensorsTensor Zeros(string key, long rows, long columns) => SafetensorsTensor.FromFloats(key, new float[rows * columns], rows, columns);
}
