using System.Text.Json;
using PeftStudio.Formats.Exports;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Tests;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using TorchSharp;

namespace PeftStudio.Worker.Tests;

/// <summary>The command as a process, on the sample backbone (fp16, twelve layers) with a design of different sizes.</summary>
public sealed class ExportCommandTests
{
    private const string Inputs = """{"input_ids": [[2, 40, 50, 60, 3], [2, 70, 80, 3, 0]], "attention_mask": [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]}""";

    private static readonly string Sample = Path.Combine(Folders.Repository, "samples", "backbones", "sample");

    [Theory]
    [InlineData("adapterhub", "lora", "lora+adapter+prefix")]
    [InlineData("peft", "lora+bitfit", "lora")]
    [InlineData("merged", "lora+bitfit", "lora")]
    public async Task Each_layout_gives_the_adapters_logits_through_forward(string format, string lower, string upper)
    {
        using var folder = new TempFolder();
        WriteAdapter(folder["own"], lower, upper);
        var (code, output, error) = await WorkerProgram.RunAsync("export", "--adapter", folder["own"], "--backbone", Sample, "--format", format, "--output", folder["out"]);
        error.ShouldNotContain("not carried over");
        code.ShouldBe(0, error);
        output.ShouldContain("the largest logit difference is");
        ExportReport.Read(folder["out"]).Comparison.LargestDifference.ShouldBeLessThanOrEqualTo(1e-5);

        var inputs = folder.Write("inputs.json", Inputs);
        var own = await Logits(inputs, folder["a.json"], Sample, folder["own"]);
        var exported = format == "merged" ? await Logits(inputs, folder["b.json"], folder["out"], null) : await Logits(inputs, folder["b.json"], Sample, folder["out"]);
        own.Length.ShouldBe(4);
        own.Zip(exported, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-5f);
    }

    [Fact]
    public async Task What_is_not_carried_over_and_what_is_refused_is_said()
    {
        using var folder = new TempFolder();
        WriteAdapter(folder["own"], "prefix", "lora");
        var (code, output, error) = await Export("peft", "out");
        code.ShouldBe(0, error);
        error.ShouldContain("not carried over: prefix in layers 0-4: PEFT has one prefix");
        output.ShouldContain("to the whole adapter");
        ShouldFail(await Export("peft", "out"), "is not empty");
        ShouldFail(await Export("merged", "other"), "prefix in layers 0-4: a prefix gives the attention more keys");
        ShouldFail(await Export("zip", "other"), "--format 'zip' is unknown; there are adapterhub, peft, merged");
        ShouldFail(await WorkerProgram.RunAsync("export", "--adapter", Sample, "--backbone", Sample, "--format", "peft", "--output", folder["other"]), "has no adapter.json");
        Directory.Exists(folder["other"]).ShouldBeFalse();

        Task<(int Code, string Output, string Error)> Export(string format, string name) =>
            WorkerProgram.RunAsync("export", "--adapter", folder["own"], "--backbone", Sample, "--format", format, "--output", folder[name]);

        static void ShouldFail((int Code, string Output, string Error) result, string message)
        {
            result.Code.ShouldBe(1);
            result.Error.ShouldStartWith("error: ");
            result.Error.ShouldContain(message);
        }
    }

    [Fact]
    public async Task Without_its_folder_the_backbone_is_found_by_its_hash_among_the_studios_own()
    {
        using var folder = new TempFolder();
        WriteAdapter(folder["own"], "lora", "lora");
        string[] export = ["export", "--adapter", folder["own"], "--format", "peft", "--output", folder["out"]];
        var (code, output, error) = await WorkerProgram.RunWithAsync(new() { ["PEFTSTUDIO_ROOT"] = Folders.Repository }, export);
        code.ShouldBe(0, error);
        output.ShouldContain("the largest logit difference is");
        var hash = ExportReport.Read(folder["out"]).Backbone.Hash;

        folder.Write("shelf/other/config.json", "{}");
        (code, _, error) = await WorkerProgram.RunWithAsync(new() { ["PEFTSTUDIO_ROOT"] = folder.Path, ["Studio__BackboneFolders__0"] = "shelf", ["Studio__BackboneFolders__1"] = "absent" }, export);
        code.ShouldBe(1);
        error.Trim().ShouldBe($"error: the adapter's backbone is 'tiny' with hash {hash}, and none of the 0 backbones in {folder["shelf"]}, {folder["absent"]} has that hash; name its folder with --backbone");

        export[2] = folder["nothing"];
        (code, _, error) = await WorkerProgram.RunAsync(export);
        code.ShouldBe(1);
        error.ShouldContain("has no adapter.json");
    }

    private static async Task<float[]> Logits(string inputs, string output, string backbone, string? adapter)
    {
        string[] more = adapter is null ? [] : ["--adapter", adapter];
        var (code, _, error) = await WorkerProgram.RunAsync(["forward", "--backbone", backbone, "--inputs", inputs, "--output", output, .. more]);
        code.ShouldBe(0, error);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(output));
        return [.. json.RootElement.GetProperty("logits").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetSingle())];
    }

    /// <summary>Layers 0 to 4 and 5 to 11, of sizes 2 and 3; every parameter moved.</summary>
    private static void WriteAdapter(string folder, params string[] groups)
    {
        var sets = groups.Select(names => new MethodSet(names.Split('+').ToValueList())).ToValueList();
        var design = new Design(LayerPattern.Increasing, [new LayerGrouping([5, 7])], AllocationPattern.Uniform, new TunableGroups([1, 2]), sets);
        var sizes = new DesignSizes(sets.SelectMany((set, g) => set.Names.Select(name => new MethodSize("encoder", g, name, NamedMethods.Get(name).IsSized ? g + 2 : 0, 0))).ToValueList(), 0);
        using var backbone = Backbone.Load(Sample, torch.CPU, Precision.Fp32);
        TrainedAdapter.Write(backbone, design, sizes, NamedMethods.All, "RTE", folder).Dispose();
    }
}
