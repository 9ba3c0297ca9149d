using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PeftStudio.Formats.Adapters;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Tests.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.LoadScript;

/// <summary>
/// load.py in a Python with torch, on a stand-in for transformers that lies beside this test: the names that it looks up in adapter.json and adapter.safetensors, and its arithmetic. The
/// real package was not at hand.
/// </summary>
public sealed class LoadScriptTests
{
    private const string Python = "/usr/bin/python3";
    private const string Inputs = """{"input_ids": [[5, 6, 7, 8, 9], [20, 21, 22, PAD, PAD]], "attention_mask": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "token_type_ids": [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]}""";

    [Theory]
    [InlineData("bert", "lora|adapter|prefix|bitfit", "RTE")]
    [InlineData("bert-bare", "adapter+bitfit+lora+prefix|-|adapter+prefix|lora", "STS-B")]
    [InlineData("roberta", "prefix+scaled-parallel|houlsby+layernorm|ia3+lora-all|multihead-parallel+prefix", "MNLI")]
    [InlineData("roberta", "adapter+bitfit+houlsby+ia3+lora-all+lowrank-adapter+multihead-parallel+parallel+prefix+vectors|abreast|-|lowrank-adapter", "RTE")]
    public async Task Its_logits_are_the_studios(string model, string design, string task)
    {
        using var files = AdapterExportTests.Files(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        var inputs = folder.Write("inputs.json", Inputs.Replace("PAD", backbone.Config.PadTokenId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        using var adapter = LoadedAdapter.Read(folder["own"], backbone);
        var own = ForwardPass.Run(backbone, adapter, TokenisedRows.Read(inputs, backbone.Config), gradients: false).Single(t => t.Key == "logits").ToFloats();

        var (code, output, error) = await Run(folder, "--adapter", folder["own"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        var logits = json.RootElement.GetProperty("logits").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(v => v.GetSingle()).ToArray();
        logits.Length.ShouldBe(own.Length);
        logits.Zip(own, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-5f);
    }

    [Fact]
    public async Task An_adapter_of_another_shape_is_named()
    {
        using var files = AdapterExportTests.Files("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"], model => [.. AdapterTensors.Of(model), TinyBackbone.Random("encoder.layer.9.more", [1], 1)]);
        var inputs = folder.Write("inputs.json", """{"input_ids": [[1]]}""");
        var (code, _, error) = await Run(folder, "--adapter", folder["own"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(1);
        error.ShouldContain("encoder.layer.9.more has no place");
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public async Task An_adapter_of_an_encoder_decoder_is_refused(string model)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        var inputs = folder.Write("inputs.json", """{"input_ids": [[1]]}""");
        var (code, _, error) = await Run(folder, "--adapter", folder["own"], "--backbone", files.Folder, "--inputs", inputs);
        code.ShouldBe(1);
        error.ShouldContain($"is an adapter of a {model}; this load.py puts adapters into BERT and RoBERTa alone");
    }

    private static async Task<(int Code, string Output, string Error)> Run(TempFolder folder, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Python), $"{Python} is absent");
        Assert.SkipUnless((await Start(folder, "-c", "import torch")).Code == 0, $"{Python} has no torch");
        return await Start(folder, [folder.Write("load.py", LoadScriptFile.Bytes), .. arguments]);
    }

    private static async Task<(int Code, string Output, string Error)> Start(TempFolder folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        start.Environment["PYTHONPATH"] = Path.Combine(Folders.Repository, "tests", "PeftStudio.Models.Tests", "LoadScript");
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python did not start");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
