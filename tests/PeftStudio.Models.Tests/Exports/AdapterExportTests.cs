using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

public sealed class AdapterExportTests
{
    private const double Close = 1e-5;

    /// <summary>One layer a group, each with its own size; `bert-bare` is BERT without a pooler, whose dense product is trained.</summary>
    public static TheoryData<string, string, ExportLayout, string> Whole()
    {
        var data = new TheoryData<string, string, ExportLayout, string>();
        foreach (var model in new[] { "bert", "bert-bare", "roberta" })
        {
            foreach (var design in new[]
            {
                "lora|lora|lora|lora", "adapter|adapter|adapter|adapter", "prefix|prefix|-|prefix", "bitfit|-|bitfit|-", "adapter+lora|adapter+prefix|adapter+prefix+bitfit|prefix+bitfit+lora",
                "-|adapter+prefix+lora|-|adapter", "-|lora|bitfit|-",
                "houlsby|-|houlsby|lora+houlsby", "prefix+scaled-parallel|prefix+scaled-parallel|-|prefix+scaled-parallel", "parallel|abreast|layernorm|lora-ffn", "lora+lora-ffn|-|lora|lora-ffn+adapter", "lowrank-adapter|lora+lowrank-adapter|-|houlsby+lora",
            })
                data.Add(model, design, ExportLayout.AdapterHub, "RTE");
            data.Add(model, "layernorm|lora-all+layernorm|-|lora+lora-ffn", ExportLayout.Peft, "MNLI");
            foreach (var design in new[] { "layernorm|-|bitfit|-", "ia3|-|ia3|ia3", "vectors|ia3+layernorm|-|vectors", "inputs|ia3|-|inputs", "layernorm|-|layernorm|-" })
                data.Add(model, design, ExportLayout.Peft, "MNLI");
            foreach (var design in new[] { "ia3|ia3+lora-all|linear|layernorm+lora-ffn", "bitfit+ia3+lora-all+linear+vectors|vectors|-|vectors+lora-ffn+layernorm", "inputs+lora-all+linear|-|vectors+inputs|bitfit+inputs" })
                data.Add(model, design, ExportLayout.Merged, "MNLI");
            foreach (var layout in new[] { ExportLayout.Peft, ExportLayout.Merged })
                foreach (var design in new[] { "lora|lora|lora|lora", "lora+bitfit|-|bitfit|lora", "bitfit|bitfit|-|-", "lora-all|-|lora|lora-all+bitfit", "-|-|-|lora" })
                    data.Add(model, design, layout, "MNLI");
            foreach (var layout in Enum.GetValues<ExportLayout>())
                data.Add(model, "-|lora|-|lora+bitfit", layout, "STS-B");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void What_is_loaded_again_gives_the_adapters_logits(string model, string design, ExportLayout layout, string task)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, task, folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, layout, folder["out"]);
        report.NotCarried.ShouldBeEmpty();
        report.Comparison.LargestDifference.ShouldBeLessThanOrEqualTo(Close);
        report.Comparison.LargestDifferenceToWhole.ShouldBe(report.Comparison.LargestDifference);
        report.Comparison.LargestLogit.ShouldBeGreaterThan(0.01);
        ExportReport.Read(folder["out"]).ShouldBe(report);

        // Rows of the test's own, through the doors that a person uses.
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        var wanted = tuned.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray();
        Logits(layout, folder["out"], backbone, batch).Zip(wanted, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo((float)Close);
    }

    [Theory]
    [InlineData("lora+prefix|prefix|-|adapter+lora", ExportLayout.Peft, "prefix in layers 0-1: PEFT has one prefix|adapter in layer 3: PEFT has no bottleneck adapters")]
    [InlineData("adapter+bitfit|-|adapter|-", ExportLayout.Peft, "adapter in layers 0, 2: PEFT has no bottleneck adapters")]
    [InlineData("lora-all|adapter|-|-", ExportLayout.AdapterHub, "lora-all in layer 0: AdapterHub's LoRA and (IA)3 have q, k, v")]
    [InlineData("ia3+lora-ffn|-|-|-", ExportLayout.AdapterHub, "ia3 in layer 0: AdapterHub's (IA)3 multiplies before the activation")]
    [InlineData("adapter+lowrank-adapter|-|linear|multihead-parallel", ExportLayout.AdapterHub,
        "lowrank-adapter in layer 0: AdapterHub has one place for it, and 'adapter' is there|linear in layer 2: AdapterHub's bottlenecks|multihead-parallel in layer 3: AdapterHub has prefixes")]
    [InlineData("ia3+lora|-|linear+lowrank-adapter|multihead-parallel", ExportLayout.Peft,
        "ia3 in layer 0: PEFT's (IA)3 is a checkpoint of its own|linear in layer 2: PEFT's LoRA reads|lowrank-adapter in layer 2: PEFT has no bottleneck adapters|multihead-parallel in layer 3: PEFT has no multi-head adapter")]
    [InlineData("ia3+vectors|-|-|ia3", ExportLayout.Peft, "vectors in layer 0: PEFT's (IA)3 has one vector a product, and 'ia3' has multiplied what this one reads")]
    [InlineData("ia3+bitfit|-|-|ia3+layernorm", ExportLayout.Peft, "ia3 in layers 0, 3: PEFT's (IA)3 is a checkpoint of its own, not beside LoRA and biases")]
    [InlineData("ia3+adapter|-|-|ia3", ExportLayout.Peft, "adapter in layer 0: PEFT has no bottleneck adapters")]
    public void What_is_not_carried_over_is_listed_and_its_effect_measured(string design, ExportLayout layout, string parts)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, layout, folder["out"]);
        var wanted = parts.Split('|');
        report.NotCarried.Count.ShouldBe(wanted.Length);
        foreach (var (found, part) in report.NotCarried.Zip(wanted))
            found.ShouldStartWith(part);
        report.Comparison.LargestDifference.ShouldBeLessThanOrEqualTo(Close);
        report.Comparison.LargestDifferenceToWhole.ShouldBeGreaterThan(1e-3);
    }

    [Theory]
    [InlineData("prefix|prefix|-|-", ExportLayout.Peft, "has room for nothing in it but the head: prefix in layers 0-1: PEFT has one prefix")]
    [InlineData("adapter|-|-|adapter+prefix", ExportLayout.Peft, "adapter in layers 0, 3: PEFT has no bottleneck adapters; prefix in layer 3")]
    [InlineData("lora+adapter|-|-|-", ExportLayout.Merged, "adapter in layer 0: a bottleneck is not linear")]
    [InlineData("lora|-|-|multihead-parallel", ExportLayout.Merged, "multihead-parallel in layer 3: a multi-head adapter is not linear")]
    [InlineData("lora|-|-|prefix", ExportLayout.Merged, "prefix in layer 3: a prefix gives the attention more keys")]
    public void A_design_that_the_layout_has_no_room_for_is_refused_with_the_reason(string design, ExportLayout layout, string reason)
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        var message = Should.Throw<ExportRefusedException>(() => AdapterExport.Write(folder["own"], backbone, layout, folder["out"])).Message;
        message.ShouldContain($"cannot be exported as {layout.ToString().ToLowerInvariant()}");
        message.ShouldContain(reason);
        Directory.Exists(folder["out"]).ShouldBeFalse();
    }

    [Fact]
    public void A_failed_comparison_fails_the_export_and_leaves_no_files()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|lora|lora|lora", "RTE", folder["own"], model => [.. AdapterTensors.Of(model).Select(t => t.Key.EndsWith("layer.2.attention.self.query.lora.up", StringComparison.Ordinal)
            ? SafetensorsTensor.FromFloats(t.Key, Enumerable.Repeat(float.NaN, t.ToFloats().Length).ToArray(), t.Shape.AsSpan())
            : t)]);
        Directory.CreateDirectory(folder["out"]);
        Should.Throw<InvalidDataException>(() => AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["out"])).Message.ShouldContain("loaded again, gives logits that differ by");
        Directory.EnumerateFileSystemEntries(folder["out"]).ShouldBeEmpty();
    }

    /// <summary>A bias of the head that is written too large by that much makes its logit so: 1e-4 of the largest, or of 1, may differ.</summary>
    [Theory]
    [InlineData(0.5, true)]
    [InlineData(2, false)]
    [InlineData(1000, false)]
    public void Files_that_hold_another_number_fail_the_export_from_the_allowed_difference_on(double allowed, bool passes)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        var tolerance = 1e-4 * Math.Max(1, AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["right"]).Comparison.LargestLogit);
        var wrong = new OffByABit(new PeftLayout(backbone.Config), (float)(allowed * tolerance));
        ExportReport Written() => AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, wrong, folder["out"]);
        if (passes)
        {
            var comparison = Written().Comparison;
            comparison.Tolerance.ShouldBe(tolerance);
            comparison.LargestDifference.ShouldBe(allowed * tolerance, 0.1 * tolerance);
            return;
        }
        Should.Throw<InvalidDataException>(Written).Message.ShouldContain("loaded again, gives logits that differ by");
        Directory.EnumerateFileSystemEntries(folder["out"]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("lora+adapter|prefix|-|-", ExportLayout.AdapterHub)]
    [InlineData("lora+adapter|prefix|-|-", ExportLayout.Peft)]
    [InlineData("lora|bitfit|-|-", ExportLayout.Merged)]
    public void Beside_each_layout_lies_the_whole_adapter_with_what_loads_it(string design, ExportLayout layout)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, design, "RTE", folder["own"]);
        var report = AdapterExport.Write(folder["own"], backbone, layout, folder["out"]);
        report.Notes.ShouldContain(note => note.Contains("python3 peftstudio/load.py --adapter peftstudio --backbone DIR", StringComparison.Ordinal));
        report.Files.Single(file => file.Path == "peftstudio/adapter.safetensors").Sha256.ShouldBe(report.AdapterHash);
        File.ReadAllBytes(folder["out/peftstudio/adapter.json"]).ShouldBe(File.ReadAllBytes(folder["own/adapter.json"]));
        File.ReadAllBytes(folder["out/peftstudio/load.py"]).ShouldBe(LoadScriptFile.Bytes);
        using var again = LoadedAdapter.Read(folder["out/peftstudio"], backbone);
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        again.Model.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray().ShouldBe(tuned.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray());
    }

    [Fact]
    public void The_output_must_be_empty_and_the_adapter_the_studios_own()
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|-|-|-", "RTE", folder["own"]);
        folder.Write("full/other.txt", "mine");
        Should.Throw<IOException>(() => AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["full"])).Message.ShouldContain("is not empty");
        Should.Throw<IOException>(() => AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["full/other.txt"])).Message.ShouldContain("is a file");
        File.ReadAllText(folder["full/other.txt"]).ShouldBe("mine");
        Should.Throw<InvalidDataException>(() => AdapterExport.Write(folder["absent"], backbone, ExportLayout.Peft, folder["out"])).Message.ShouldContain("has no adapter.json");
        AdapterExport.Write(folder["own"], backbone, ExportLayout.Peft, folder["out"]);
        Should.Throw<InvalidDataException>(() => AdapterExport.Write(folder["out"], backbone, ExportLayout.Merged, folder["again"])).Message.ShouldContain("has no adapter.json");
    }

    [Fact]
    public void Equal_adapters_give_equal_files()
    {
        using var files = new TinyModel("roberta");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, "lora|adapter|prefix|bitfit", "RTE", folder["own"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["a"]);
        AdapterExport.Write(folder["own"], backbone, ExportLayout.AdapterHub, folder["b"]);
        foreach (var path in Directory.EnumerateFiles(folder["a"], "*", SearchOption.AllDirectories))
            File.ReadAllBytes(path).ShouldBe(File.ReadAllBytes(Path.Join(folder["b"], Path.GetRelativePath(folder["a"], path))), path);
    }

    private static float[] Logits(ExportLayout layout, string folder, Backbone backbone, TokenBatch batch)
    {
        using var noGrad = no_grad();
        if (layout != ExportLayout.Merged)
        {
            using var adapter = LoadedAdapter.Read(folder, backbone);
            return adapter.Model.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray();
        }
        using var merged = Backbone.Load(folder, CPU, ScalarType.Float32);
        using var model = TunedModel.Create(merged, InsertionPlan.Empty, ForwardPass.HeadOf(merged), new InitialisationSeed(5, 5));
        return model.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray();
    }

    /// <summary>PEFT's layout, by a writer that gets one number of the head wrong.</summary>
    private sealed class OffByABit(IExportLayout right, float by) : IExportLayout
    {
        public string? AgainstParts => right.AgainstParts;

        public string? Against(ModulePlacement module, InsertionPlan plan) => right.Against(module, plan);

        public string? Against(TrainedTensor tensor) => right.Against(tensor);

        public IEnumerable<string> Write(ExportSource source, string folder)
        {
            var (notes, path) = (right.Write(source, folder).ToArray(), Path.Join(folder, "adapter_model.safetensors"));
            SafetensorsTensor[] tensors;
            using (var file = SafetensorsFile.Open(path))
                tensors = [.. file.Entries.Select(entry => SafetensorsTensor.FromFloats(entry.Key, Values(file, entry.Key), entry.Shape.AsSpan()))];
            SafetensorsWriter.Write(path, tensors);
            return notes;
        }

        public Tensor Logits(string folder, Backbone backbone, TokenBatch rows) => right.Logits(folder, backbone, rows);

        private float[] Values(SafetensorsFile file, string key)
        {
            var values = file.ReadFloats(key);
            if (key.EndsWith("classifier.bias", StringComparison.Ordinal))
                values[0] += by;
            return values;
        }
    }
}
