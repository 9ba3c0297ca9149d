using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.LoadScript;

/// <summary>The stand-in for transformers, and load.py in it, give the reference implementation's logits: neither is a mirror of this project's own mistakes.</summary>
public sealed class LoadScriptGoldenTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("t5")]
    [InlineData("t5-v1_1")]
    [InlineData("bart")]
    [InlineData("bart-lm")]
    public async Task The_stand_in_gives_the_references_logits(string model)
    {
        var files = Folders.RequireShared("goldens", "models", model);
        using var folder = new TempFolder();
        var (code, output, error) = await Python.Run(folder, Python.Plain, files, Inputs(folder, files));
        code.ShouldBe(0, error);
        ShouldBeTheReferences(output, files);
    }

    /// <summary>Not those with another nonlinearity than ReLU, nor T5's prefix, which counts as tokens there: no method of the studio does either.</summary>
    [Theory]
    [InlineData("bert", "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled", "prefix-flat", "ia3", "union", "mam")]
    [InlineData("roberta", "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled", "prefix-flat", "ia3", "union", "mam")]
    [InlineData("bart", "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled", "prefix-flat")]
    [InlineData("t5", "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled")]
    [InlineData("t5-v1_1", "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled")]
    public async Task The_references_adapters_in_the_studios_layout_give_its_logits(string model, params string[] adapters)
    {
        var files = Folders.RequireShared("goldens", "models", model);
        using var folder = new TempFolder();
        using var backbone = Backbone.Load(files, CPU, Precision.Fp32);
        foreach (var adapter in adapters)
            WriteOwn(Path.Combine(files, "peft", adapter), backbone, folder[adapter]);
        var printed = await Python.RunEach(folder, files, Inputs(folder, files), [.. adapters.Select(adapter => folder[adapter])]);
        foreach (var (adapter, output) in adapters.Zip(printed))
            ShouldBeTheReferences(output, Path.Combine(files, "peft", adapter));
    }

    // AdapterHub's files as an adapter of the studio, with a group for each layer.
    private static void WriteOwn(string files, Backbone backbone, string folder)
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

    /// <summary>With what the decoder reads in place of the labels that it is to write.</summary>
    private static string Inputs(TempFolder folder, string files)
    {
        var rows = JsonNode.Parse(File.ReadAllText(Path.Combine(files, "inputs.json"))).ShouldNotBeNull();
        if (rows["labels"]?[0] is JsonArray)
        {
            var start = BackboneConfig.FromFolder(files).Decoder.ShouldNotBeNull().StartTokenId;
            rows["decoder_input_ids"] = new JsonArray([.. rows["labels"]!.AsArray().Select(row => new JsonArray([JsonValue.Create(start), .. row!.AsArray().SkipLast(1).Select(token => token!.DeepClone())]))]);
        }
        return folder.Write("inputs.json", rows.ToJsonString());
    }

    private static void ShouldBeTheReferences(string output, string folder)
    {
        using var golden = new Golden(folder);
        using var scope = NewDisposeScope();
        golden.ShouldBeClose("logits", tensor(Python.Logits(output), golden.Shape("logits")), folder);
    }
}
