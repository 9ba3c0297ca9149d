using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
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
            GoldenInOwnLayout.Write(Path.Combine(files, "peft", adapter), backbone, folder[adapter]);
        var printed = await Python.RunEach(folder, files, Inputs(folder, files), [.. adapters.Select(adapter => folder[adapter])]);
        foreach (var (adapter, output) in adapters.Zip(printed))
            ShouldBeTheReferences(output, Path.Combine(files, "peft", adapter));
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
