using System.Text;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests;

/// <summary>Adapters of other projects' layouts on a backbone that they were not made for: refused where width, depth or keys show it; else the name in the files is held against the backbone's.</summary>
public sealed class OtherBackboneTests
{
    [Fact]
    public void AdapterHubs_of_another_width_is_refused() =>
        Refusal<InvalidDataException>(ExportLayout.AdapterHub, made: 4, read: 4, folder => Replace(folder["out/adapter_config.json"], "\"hidden_size\": 16", "\"hidden_size\": 32"))
            .ShouldEndWith("adapter_config.json: 'hidden_size' is 32; the backbone's is 16");

    [Fact]
    public void AdapterHubs_for_more_layers_is_refused() =>
        Refusal<InvalidDataException>(ExportLayout.AdapterHub, made: 6, read: 4).ShouldContain("adapter_config.json: 'config.leave_out' names 4; the layers are 0 to 3");

    [Fact]
    public void AdapterHubs_for_fewer_layers_is_refused() =>
        Refusal<SafetensorsException>(ExportLayout.AdapterHub, made: 4, read: 6).ShouldContain("tensor 'encoder.layer.4.attention.self.query.loras.RTE.lora_A': is missing");

    [Fact]
    public void PEFTs_for_more_layers_is_refused() =>
        Refusal<SafetensorsException>(ExportLayout.Peft, made: 6, read: 4, SayNoLayers, design: "-|-|-|-|-|lora").ShouldContain("tensor 'base_model.model.bert.encoder.layer.5.attention.self.query.lora_A.weight'");

    [Theory]
    [InlineData(4, 6)]
    [InlineData(6, 4)]
    public void PEFTs_for_other_layers_is_refused_by_what_the_studios_files_say(int made, int read) => Refusal<SafetensorsException>(ExportLayout.Peft, made, read)
        .ShouldEndWith($"adapter_model.safetensors: is for a backbone of {made} layers, and this one has {read}; take the backbone that the adapter was trained on");

    [Fact]
    public void Where_files_do_not_say_how_many_layers_it_was_the_name_alone_is_noted()
    {
        using var folder = new TempFolder();
        Export(folder, ExportLayout.Peft, 4);
        SayNoLayers(folder);
        using var files = new TinyBackbone("bert", layers: 6);
        using var backbone = files.Load();
        using var adapter = LoadedAdapter.Read(folder["out"], backbone);
        adapter.Notes.Single().ShouldContain("'base_model_name_or_path' is 'tiny'");
    }

    [Theory]
    [InlineData(ExportLayout.Peft, "adapter_config.json: 'base_model_name_or_path' is 'tiny'; the backbone here is 'peftstudio-test-")]
    [InlineData(ExportLayout.AdapterHub, "adapter_config.json: 'model_name' is 'tiny'; the backbone here is 'peftstudio-test-")]
    public void Where_the_files_name_another_backbone_it_is_noted(ExportLayout layout, string note)
    {
        using var folder = new TempFolder();
        Export(folder, layout, 4);
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var adapter = LoadedAdapter.Read(folder["out"], backbone);
        adapter.Notes.Single().ShouldContain(note);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("someone/Tiny")]
    [InlineData("/srv/models/tiny/")]
    public void A_backbone_whose_configuration_has_the_name_is_no_other(string recorded)
    {
        using var folder = new TempFolder();
        Export(folder, ExportLayout.Peft, 4);
        using var files = new TinyBackbone("bert");
        Replace(Path.Join(files.Folder, "config.json"), "{\"model_type\"", $"{{\"_name_or_path\": \"{recorded}\", \"model_type\"");
        using var backbone = files.Load();
        using var adapter = LoadedAdapter.Read(folder["out"], backbone);
        adapter.Notes.ShouldBeEmpty();
    }

    private static string Refusal<TError>(ExportLayout layout, int made, int read, Action<TempFolder>? change = null, string? design = null)
        where TError : Exception
    {
        using var folder = new TempFolder();
        Export(folder, layout, made, design);
        change?.Invoke(folder);
        using var files = new TinyBackbone("bert", layers: read);
        using var backbone = files.Load();
        return Should.Throw<TError>(() => LoadedAdapter.Read(folder["out"], backbone)).Message;
    }

    /// <summary>LoRA in the first of so many layers, or another design.</summary>
    private static void Export(TempFolder folder, ExportLayout layout, int layers, string? design = null)
    {
        using var files = new TinyBackbone("bert", layers: layers);
        using var backbone = files.Load();
        TrainedAdapter.Write(backbone, design ?? string.Join('|', Enumerable.Range(0, layers).Select(i => i == 0 ? "lora" : "-")), "RTE", folder["own"]).Dispose();
        AdapterExport.Write(folder["own"], backbone, layout, folder["out"]);
    }

    /// <summary>As PEFT's own files.</summary>
    private static void SayNoLayers(TempFolder folder) => Replace(folder["out/adapter_model.safetensors"], "peftstudio.layers", "somebodys.layers.");

    private static void Replace(string path, string from, string to)
    {
        // Latin1 keeps every byte of a file that is no text.
        var text = File.ReadAllText(path, Encoding.Latin1);
        text.ShouldContain(from);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal), Encoding.Latin1);
    }
}
