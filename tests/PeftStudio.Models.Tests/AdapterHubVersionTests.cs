using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests;

/// <summary>What files of AdapterHub mean by the version that wrote them.</summary>
public sealed class AdapterHubVersionTests
{
    [Theory]
    [InlineData(null, InsertionForm.Parallel)]
    [InlineData("3.1.0", InsertionForm.Parallel)]
    [InlineData("3.2.0", InsertionForm.BeforeResidual)]
    [InlineData("3.2.1.post0", InsertionForm.BeforeResidual)]
    [InlineData("adapters.0.1.0", InsertionForm.BeforeResidual)]
    public void T5s_adapters_read_input_and_output_exchanged_before_3_2_alone(string? version, InsertionForm insertion) =>
        Read("t5", "-|adapter|-|-", version, config => config["original_ln_before"] = false).ShouldAllBe(m => m.Insertion == insertion);

    [Theory]
    [InlineData("adapters.0.1.0", 1)]
    [InlineData("adapters.1.0.1", 1)]
    [InlineData("adapters.1.1.0", 2)]
    [InlineData("3.2.1", 2)]
    public void A_lora_by_itself_has_the_scale_that_its_version_trained_with(string version, double scale) =>
        Read("bert", "lora|-|-|-", version, _ => { }).ShouldAllBe(m => m.Scale == scale);

    [Fact]
    public void A_unions_lora_has_its_alpha_in_every_version() =>
        Read("bert", "lora+adapter|-|-|-", "adapters.1.0.1", _ => { }).Where(m => m.Form == FunctionalForm.LowRank).ShouldAllBe(m => m.Scale == 2);

    [Theory]
    [InlineData("3.2.0", false)]
    [InlineData("3.2.1", true)]
    [InlineData("adapters.1.2.0", true)]
    public void Barts_decoder_has_its_feed_forward_products_since_3_2_1(string version, bool has)
    {
        List<ModulePlacement> Modules() => Read("bart", "lora-ffn|-|-|-", version, _ => { });
        if (has)
            Modules().Count(m => m.Stack == "decoder").ShouldBe(2);
        else
            Should.Throw<SafetensorsException>(() => Modules()).Message.ShouldContain("decoder.layers.0.fc1");
    }

    [Theory]
    [InlineData(null, "gelu", Activation.GeluTanh)]
    [InlineData(null, "gelu_orig", Activation.Gelu)]
    [InlineData("2.0.0", "gelu", Activation.Gelu)]
    [InlineData("adapters.1.2.0", "gelu_new", Activation.GeluTanh)]
    public void Gelu_is_the_tanh_approximation_in_files_without_a_version(string? version, string name, Activation activation) =>
        Read("bert", "-|adapter|-|-", version, config => config["non_linearity"] = name).ShouldAllBe(m => m.Nonlinearity == activation);

    private static List<ModulePlacement> Read(string model, string design, string? version, Action<JsonNode> change)
    {
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"]).NotCarried.ShouldBeEmpty();
        var root = JsonNode.Parse(File.ReadAllText(folder["out/adapter_config.json"])).ShouldNotBeNull().AsObject();
        root.Remove("version");
        if (version is not null)
            root["version"] = version;
        change(root["config"].ShouldNotBeNull());
        folder.Write("out/adapter_config.json", root.ToJsonString());
        using var read = LoadedAdapter.Read(folder["out"], backbone);
        read.Model.Plan.Modules.Count.ShouldBeGreaterThan(0);
        return [.. read.Model.Plan.Modules];
    }
}
