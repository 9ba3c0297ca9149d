using System.Globalization;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.LoadScript;

/// <summary>
/// load.py in a Python with torch, on a stand-in for transformers that lies beside this test: the names that it looks up in adapter.json and adapter.safetensors, and its arithmetic. The
/// real package was not at hand; <see cref="LoadScriptGoldenTests"/> holds the stand-in to what that computes.
/// </summary>
public sealed class LoadScriptTests
{
    private const double Close = 1e-5;

    [Theory]
    [InlineData("bert", "lora|adapter|prefix|bitfit", "RTE")]
    [InlineData("bert-bare", "adapter+bitfit+lora+prefix|-|adapter+prefix|lora", "STS-B")]
    [InlineData("roberta", "prefix+scaled-parallel|houlsby+layernorm|ia3+lora-all|multihead-parallel+prefix", "MNLI")]
    [InlineData("roberta", "adapter+bitfit+houlsby+ia3+linear+lora-all+lowrank-adapter+multihead-parallel+parallel+prefix+vectors|abreast|-|lowrank-adapter", "RTE")]
    [InlineData("t5", "adapter+bitfit+houlsby+ia3+linear+lora-all+lowrank-adapter+multihead-parallel+parallel+prefix+vectors|abreast|-|lowrank-adapter", "RTE")]
    [InlineData("t5-1.0", "prefix+scaled-parallel|houlsby+layernorm|ia3+lora-all|multihead-parallel+prefix", "headlines")]
    [InlineData("bart", "adapter+bitfit+houlsby+ia3+linear+lora-all+lowrank-adapter+multihead-parallel+parallel+prefix+vectors|abreast|-|lowrank-adapter", "MNLI")]
    [InlineData("bart", "lora|adapter|prefix|bitfit", "STS-B")]
    [InlineData("bart", "prefix+scaled-parallel|houlsby+layernorm|ia3+lora-all|multihead-parallel+prefix", "headlines")]
    public async Task Its_logits_are_the_studios(string model, string design, string task)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        var inputs = folder.Write("inputs.json", Inputs(tuned));
        var (code, output, error) = await Python.Run(folder, "load.py", "--adapter", folder["own"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(0, error);
        ShouldBeTheStudios(output, backbone, folder["own"], inputs, design);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("t5")]
    [InlineData("t5-1.0")]
    [InlineData("bart")]
    public async Task So_they_are_for_every_design_of_the_contract(string model)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var inputs = "";
        for (var i = 0; i < MethodCases.Designs.Count; i++)
            using (var tuned = TrainedAdapter.Write(backbone, MethodCases.Designs[i], "RTE", Adapter(i)))
                inputs = folder.Write("inputs.json", Inputs(tuned));
        var printed = await Python.RunEach(folder, files.Folder, inputs, [.. Enumerable.Range(0, MethodCases.Designs.Count).Select(Adapter)]);
        for (var i = 0; i < printed.Length; i++)
            ShouldBeTheStudios(printed[i], backbone, Adapter(i), inputs, MethodCases.Designs[i]);

        string Adapter(int i) => folder[i.ToString(CultureInfo.InvariantCulture)];
    }

    [Fact]
    public async Task An_exports_own_script_loads_what_lies_beside_it()
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora+adapter|prefix|-|bitfit", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);
        var inputs = folder.Write("inputs.json", Inputs(tuned));
        var (code, output, error) = await Python.Run(folder, "out/peftstudio/load.py", "--adapter", folder["out/peftstudio"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(0, error);
        ShouldBeTheStudios(output, backbone, folder["own"], inputs, "an export");
    }

    [Fact]
    public async Task Encoder_and_decoder_may_have_groups_and_sizes_of_their_own()
    {
        using var files = new TinySequence("bart", layers: (5, 3));
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var (uniform, _) = MethodCases.Parse("lora+prefix|adapter", backbone.Shape);
        var design = uniform with { Groupings = [new LayerGrouping([2, 3]), new LayerGrouping([1, 2])] };
        var sizes = backbone.Shape.Stacks.SelectMany((stack, s) => design.Methods.SelectMany((set, g) => set.Names.Select(name => new MethodSize(stack.Name, g, name, 2 + s + g, 1)))).ToArray();
        using var tuned = TrainedAdapter.Write(backbone, design, new DesignSizes([.. sizes], 1), [.. MethodCases.Methods], "headlines", folder["own"]);
        var inputs = folder.Write("inputs.json", Inputs(tuned));
        var (code, output, error) = await Python.Run(folder, "load.py", "--adapter", folder["own"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(0, error);
        ShouldBeTheStudios(output, backbone, folder["own"], inputs, "5 and 3 layers");
    }

    [Theory]
    [InlineData("bert", "encoder.layer.9.more", "encoder.layer.9.more has no place")]
    [InlineData("bart", "decoder.layers.9.encoder_attn.q_proj.bias", "decoder.layers.9.encoder_attn.q_proj.bias has no place")]
    [InlineData("t5", "encoder.block.9.layer.0.layer_norm.bias", "encoder.block.9.layer.0.layer_norm.bias has no place")]
    public async Task A_tensor_of_another_backbone_is_named(string model, string stranger, string message)
    {
        var (code, error) = await Refused(model, tuned => [.. AdapterTensors.Of(tuned), TinyBackbone.Random(stranger, [1], 1)]);
        code.ShouldBe(1);
        error.ShouldContain(message);
    }

    [Fact]
    public async Task An_adapter_that_lacks_a_module_is_refused()
    {
        var (code, error) = await Refused("t5", tuned => [.. AdapterTensors.Of(tuned).Where(tensor => !tensor.Key.Contains("decoder.block.0.layer.1.EncDecAttention.v", StringComparison.Ordinal))]);
        code.ShouldBe(1);
        error.ShouldContain("has not as many parameters as adapter.json says");
    }

    [Fact]
    public async Task A_backbone_with_other_layers_is_refused()
    {
        using var files = new TinySequence("t5", layers: (3, 4));
        var (code, error) = await Refused("t5", AdapterTensors.Of, files.Folder);
        code.ShouldBe(1);
        error.ShouldContain("is for an encoder of 4 layers");
    }

    private static async Task<(int Code, string Error)> Refused(string model, Func<TunedModel, IReadOnlyList<Formats.Safetensors.SafetensorsTensor>> tensors, string? other = null)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"], tensors);
        var inputs = folder.Write("inputs.json", Inputs(tuned));
        var (code, _, error) = await Python.Run(folder, "load.py", "--adapter", folder["own"], "--backbone", other ?? files.Folder, "--inputs", inputs);
        return (code, error);
    }

    private static void ShouldBeTheStudios(string output, Backbone backbone, string folder, string inputs, string design)
    {
        using var adapter = LoadedAdapter.Read(folder, backbone);
        var own = ForwardPass.Run(backbone, adapter, TokenisedRows.Read(inputs, backbone.Config), gradients: false).Single(t => t.Key == "logits").ToFloats();
        var logits = Python.Logits(output);
        logits.Length.ShouldBe(own.Length, design);
        logits.Zip(own, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo((float)(Close * Math.Max(1, own.Max(Math.Abs))), design);
    }

    /// <summary>Two rows of five and of three tokens, each with the end token 2; the studio takes the labels of a model that writes, transformers what stands before each.</summary>
    private static string Inputs(TunedModel model)
    {
        var (config, pad) = (model.Backbone.Config, model.Backbone.Config.PadTokenId);
        var rows = FormattableString.Invariant($$"""{"input_ids": [[5, 6, 7, 8, 2], [20, 21, 2, {{pad}}, {{pad}}]], "attention_mask": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]""");
        if (config.Decoder is not { StartTokenId: var start })
            return rows + """, "token_type_ids": [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]}""";
        return rows + (!model.Head.Writes ? "}"
            : FormattableString.Invariant($$""", "labels": [[30, 12, 7, 2], [41, 2, -100, -100]], "decoder_input_ids": [[{{start}}, 30, 12, 7], [{{start}}, 41, 2, {{pad}}]]}"""));
    }
}
