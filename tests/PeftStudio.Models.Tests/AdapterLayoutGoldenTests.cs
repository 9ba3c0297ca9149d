using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>The reference's adapters in the two layouts that it does not write itself: what `forward` gives of them, gradients by the files' own keys among it, is the reference's.</summary>
public sealed class AdapterLayoutGoldenTests
{
    /// <summary>As in load.py's test: not those with another nonlinearity than ReLU, nor T5's prefix, which counts as tokens there.</summary>
    public static TheoryData<string, string> Own()
    {
        string[] inAll = ["lora-qv", "lora-all", "adapter-pfeiffer", "adapter-parallel-scaled"];
        var data = new TheoryData<string, string>();
        foreach (var (model, more) in new[] { ("bert", new[] { "prefix-flat", "ia3", "union", "mam" }), ("roberta", ["prefix-flat", "ia3", "union", "mam"]), ("bart", ["prefix-flat"]), ("t5", []), ("t5-v1_1", []) })
            foreach (var adapter in inAll.Concat(more))
                data.Add(model, adapter);
        return data;
    }

    public static TheoryData<string, string, string> Peft()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var model in new[] { "bert", "roberta", "t5", "t5-v1_1", "bart" })
            foreach (var adapter in new[] { "lora-qv", "lora-all" })
                data.Add(model, adapter, "LORA");
        data.Add("bert", "ia3", "IA3");
        data.Add("roberta", "ia3", "IA3");
        // The reference's biases of a BERT hold the pooler's, for which PEFT's layout has no place but the head's.
        data.Add("roberta", "bitfit", "LORA");
        data.Add("roberta", "bitfit", "LN_TUNING");
        return data;
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void In_the_studios_own(string model, string adapter)
    {
        var (files, reference) = Golden(model, adapter);
        using var folder = new TempFolder();
        using var backbone = Backbone.Load(files, CPU, Precision.Fp32);
        GoldenInOwnLayout.Write(reference, backbone, folder.Path);
        ShouldBeTheReferences(files, reference, backbone, folder.Path, (theirs, own) => Joined(backbone.BareKey(theirs), own));
    }

    [Theory]
    [MemberData(nameof(Peft))]
    public void In_PEFTs(string model, string adapter, string kind)
    {
        var (files, reference) = Golden(model, adapter);
        using var folder = new TempFolder();
        using var backbone = Backbone.Load(files, CPU, Precision.Fp32);
        GoldenInPeftLayout.Write(reference, backbone, kind, folder);
        ShouldBeTheReferences(files, reference, backbone, folder.Path, (theirs, own) => own[GoldenInPeftLayout.Key(theirs, kind)]);
    }

    private static (string Files, string Adapter) Golden(string model, string adapter) =>
        (Folders.RequireShared("goldens", "models", model), Folders.RequireShared("goldens", "models", model, "peft", adapter));

    /// <param name="files">of the model</param>
    /// <param name="reference">the adapter's, as AdapterHub has them</param>
    /// <param name="backbone">of the model</param>
    /// <param name="folder">the adapter in another layout</param>
    /// <param name="gradient">the reference's by its key, out of all that there are by their keys</param>
    private static void ShouldBeTheReferences(string files, string reference, Backbone backbone, string folder, Func<string, IReadOnlyDictionary<string, Tensor>, Tensor> gradient)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(reference);
        using var adapter = LoadedAdapter.Read(folder, backbone);
        var results = ForwardPass.Run(backbone, adapter, TokenisedRows.Read(Path.Combine(files, "inputs.json"), backbone.Config), gradients: true).ToDictionary(t => t.Key, Value, StringComparer.Ordinal);
        golden.ShouldBeClose("logits", results["logits"]);
        golden.ShouldBeClose("loss", results["loss"].view([]));
        var gradients = results.Where(result => result.Key.StartsWith("grad.", StringComparison.Ordinal)).ToDictionary(result => result.Key["grad.".Length..], result => result.Value, StringComparer.Ordinal);
        golden.GradientKeys.ShouldNotBeEmpty();
        foreach (var key in golden.GradientKeys)
            golden.ShouldBeClose($"grad.{key}", gradient(key, gradients).view(golden.Shape($"grad.{key}")));

        static Tensor Value(SafetensorsTensor found) => tensor(found.ToFloats(), [.. found.Shape]);
    }

    /// <summary>AdapterHub's tensor from the studio's, by its bare key: one of them renamed, or all keys and values of a stack's attentions side by side.</summary>
    private static Tensor Joined(string theirs, IReadOnlyDictionary<string, Tensor> own)
    {
        if (theirs.EndsWith(".control_trans", StringComparison.Ordinal))
            return stack([.. own.Where(part => IsPrefix(part.Key) && IsMeant(part.Key)).OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => part.Value)], 1).flatten();
        var at = theirs.IndexOf(".loras.x.", StringComparison.Ordinal) is >= 0 and var lora ? lora : theirs.IndexOf(".adapters.x.", StringComparison.Ordinal);
        var (module, part) = (theirs[..at].Replace(".output_adapters", ".output", StringComparison.Ordinal), theirs[at..]);
        string[] ends = part switch
        {
            ".loras.x.lora_A" => [".down"],
            ".loras.x.lora_B" => [".up", ".rescaling"],
            _ => [part.Replace(".adapters.x.adapter_", ".", StringComparison.Ordinal).Replace(".down.0.", ".down.", StringComparison.Ordinal)],
        };
        return own.Single(parameter => parameter.Key.StartsWith(module + ".", StringComparison.Ordinal) && ends.Any(end => parameter.Key.EndsWith(end, StringComparison.Ordinal))).Value;

        bool IsPrefix(string name) => name.EndsWith(".prefix.key", StringComparison.Ordinal) || name.EndsWith(".prefix.value", StringComparison.Ordinal);

        // A BERT's layers are encoder.layer.0 and so on, a BART's encoder.layers.0.
        bool IsMeant(string name) => theirs.Split('.')[^2] switch
        {
            "encoder_prefix" => name.StartsWith("encoder.layers.", StringComparison.Ordinal),
            "cross_prefix" => name.Contains(".encoder_attn.", StringComparison.Ordinal),
            _ => name.StartsWith("encoder.layer.", StringComparison.Ordinal) || (name.StartsWith("decoder.", StringComparison.Ordinal) && name.Contains(".self_attn.", StringComparison.Ordinal)),
        };
    }
}
