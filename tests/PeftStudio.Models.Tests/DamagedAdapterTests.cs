using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>Mutations of real adapters in all three layouts, and of the configurations and the weights of backbones.</summary>
[Collection(nameof(LiveTensorTests))]
public sealed class DamagedAdapterTests
{
    [Theory]
    [InlineData("bert", "own/adapter.json")]
    [InlineData("bert", "own/adapter.safetensors")]
    [InlineData("t5", "own/adapter.json")]
    [InlineData("bert", "adapterhub/adapter_config.json")]
    [InlineData("bert", "adapterhub/adapter.safetensors")]
    [InlineData("bart", "adapterhub/head_config.json")]
    [InlineData("bart", "adapterhub/model_head.safetensors")]
    [InlineData("bert", "adapterhub/biases.safetensors")]
    [InlineData("bart", "stack/stack.json")]
    [InlineData("bert", "peft/adapter_config.json")]
    [InlineData("bert", "peft/adapter_model.safetensors")]
    [InlineData("t5", "peft/adapter_config.json")]
    [InlineData("bart", "peft/adapter_model.safetensors")]
    public void What_the_studio_wrote(string model, string file)
    {
        var (kind, name) = (file.Split('/')[0], file.Split('/')[1]);
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        var design = kind switch { "stack" => "lora|lora|-|-", "peft" => "lora+lora-ffn|-|-|lora", _ => model == "t5" ? "prefix+adapter|-|ia3|lora" : "prefix+adapter|-|bitfit|lora" };
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        if (kind != "own")
            AdapterExport.Write(folder["own"], backbone, kind == "peft" ? ExportLayout.Peft : ExportLayout.AdapterHub, folder["out"]);
        new DamagedFolder(folder[kind == "own" ? "own" : "out"], path => LoadedAdapter.Read(path, backbone).Dispose()).Damage(name, 120);
    }

    [Theory]
    [InlineData("bert", "union", "adapter_config.json")]
    [InlineData("roberta", "mam", "adapter_config.json")]
    [InlineData("roberta", "mam", "adapter.safetensors")]
    [InlineData("bert", "ia3", "adapter.safetensors")]
    [InlineData("bert", "bitfit", "biases.safetensors")]
    [InlineData("t5", "prefix-flat", "adapter_config.json")]
    [InlineData("t5", "lora-all", "adapter.safetensors")]
    [InlineData("bart", "adapter-houlsby", "adapter_config.json")]
    [InlineData("bart", "prefix-flat", "adapter.safetensors")]
    public void What_adapter_transformers_wrote(string model, string adapter, string file)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        using var backbone = Backbone.Load(folder, CPU, Precision.Fp32);
        using var copy = new TempFolder();
        foreach (var name in new[] { "adapter_config.json", "adapter.safetensors", "biases.safetensors" })
            if (File.Exists(Path.Join(folder, "peft", adapter, name)))
                File.Copy(Path.Join(folder, "peft", adapter, name), copy[name]);
        new DamagedFolder(copy.Path, path => LoadedAdapter.Read(path, backbone).Dispose()).Damage(file, 120);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Configurations_of_backbones(string model)
    {
        using var files = new TinyModel(model);
        new DamagedFolder(files.Folder, path => Backbone.Load(path, CPU, Precision.Fp32).Dispose()).Damage("config.json", 120);
    }

    /// <summary>As far as a model with the checkpoint's own head, which is as large as the file says.</summary>
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("bart")]
    public void Weights_of_backbones(string model)
    {
        using var files = new TinyModel(model, outputs: 3);
        new DamagedFolder(files.Folder, path =>
        {
            using var backbone = Backbone.Load(path, CPU, Precision.Fp32);
            TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), new InitialisationSeed(0, 0)).Dispose();
        }).Damage("model.safetensors", 120, key => key.StartsWith("classif", StringComparison.Ordinal));
    }
}
