using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>The reference's adapters, which are AdapterHub's files, as adapters of the studio: a group for each layer.</summary>
internal static class GoldenInOwnLayout
{
    public static void Write(string files, Backbone backbone, string folder)
    {
        var imported = AdapterHubFolder.Read(files, backbone);
        using var reference = TunedModel.Create(backbone, imported.Plan, ForwardPass.HeadOf(backbone), Golden.Seed);
        imported.CopyTo(reference.Parameters);
        var modules = imported.Plan.Modules;
        var methods = modules.GroupBy(module => module.Method, StringComparer.Ordinal).Select(Method).ToValueList();
        var layers = backbone.Shape.Stacks[0].Layers;
        var groups = Enumerable.Range(0, layers).Select(layer => new MethodSet(modules.Where(module => module.Layer == layer).Select(module => module.Method).Distinct(StringComparer.Ordinal).ToValueList())).ToValueList();
        var design = new Design(
            LayerPattern.Uniform, backbone.Shape.Stacks.Select(_ => new LayerGrouping(groups.Select(_ => 1).ToValueList())).ToValueList(), AllocationPattern.Uniform,
            new TunableGroups(Enumerable.Range(1, layers).Where(layer => !groups[layer - 1].IsEmpty).ToValueList()), groups);
        var sizes = backbone.Shape.Stacks.SelectMany(stack => groups.SelectMany((set, layer) => set.Names.Select(name => new MethodSize(
            stack.Name, layer, name, modules.First(module => module.Method == name).Size, 1)))).ToValueList();
        using var tuned = TrainedAdapter.Write(backbone, design, new DesignSizes(sizes, 1), methods, "MNLI", folder, own => Tensors(own, reference));
    }

    private static PeftMethod Method(IGrouping<string, ModulePlacement> modules)
    {
        var first = modules.First();
        var sites = modules.Aggregate(ModifiedRepresentation.None, (all, module) => all | module.Site);
        var composition = first.Gated ? Composition.Gated : first.Scale == 1 ? Composition.Add : Composition.Scaled;
        modules.ShouldAllBe(module => module.Size == first.Size && module.Nonlinearity == Activation.Relu && !module.CountsAsTokens);
        return new(modules.Key, modules.Key, first.Form, sites, first.Insertion, composition, first.Scale);
    }

    // BART's decoder has LoRA on fewer products than its encoder there: zeros change nothing.
    private static IReadOnlyList<SafetensorsTensor> Tensors(TunedModel own, TunedModel reference)
    {
        var theirs = reference.Parameters.Parameters.ToDictionary(parameter => parameter.Name.Replace(".output_adapters.", ".output.", StringComparison.Ordinal), StringComparer.Ordinal);
        var names = own.Parameters.Parameters.Select(parameter => parameter.Name).ToArray();
        theirs.Keys.ShouldBeSubsetOf(names);
        names.Except(theirs.Keys, StringComparer.Ordinal).ShouldAllBe(name => name.StartsWith("decoder.", StringComparison.Ordinal) && name.Contains(".fc", StringComparison.Ordinal) && name.Contains(".lora.", StringComparison.Ordinal));
        return [.. own.Parameters.Parameters.Select(parameter => theirs.TryGetValue(parameter.Name, out var value)
            ? AdapterTensors.ToTensor(parameter.Name, value.Value)
            : SafetensorsTensor.FromFloats(parameter.Name, new float[parameter.Count], parameter.Value.shape))];
    }
}
