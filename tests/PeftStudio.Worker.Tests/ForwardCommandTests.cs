using System.CommandLine;
using System.Text.Json;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;
using PeftStudio.Worker.Commands;

namespace PeftStudio.Worker.Tests;

public sealed class ForwardCommandTests
{
    public static TheoryData<string, string?> Cases()
    {
        var data = new TheoryData<string, string?>();
        foreach (var model in new[] { "bert", "roberta" })
            foreach (var adapter in new[]
            {
                null, "lora-qv", "lora-all", "adapter-pfeiffer", "adapter-houlsby", "adapter-parallel-scaled", "prefix-flat", "bitfit", "ia3", "union", "mam",
            })
                data.Add(model, adapter);
        foreach (var model in new[] { "t5", "t5-v1_1", "bart", "bart-lm" })
            data.Add(model, null);
        data.Add("t5", "lora-all");
        data.Add("bart", "prefix-flat");
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_writes_what_the_reference_implementation_computes(string model, string? adapter)
    {
        var folder = Folders.RequireShared("goldens", "models", model);
        using var output = new TempFolder();
        var files = adapter is null ? folder : Path.Combine(folder, "peft", adapter);
        string[] more = adapter is null ? [] : ["--adapter", files];
        (await Run(["--backbone", folder, "--inputs", Path.Combine(folder, "inputs.json"), "--output", output["out.safetensors"], "--gradients", .. more])).ShouldBe(0);

        using var expected = SafetensorsFile.Open(Path.Combine(files, "expected.safetensors"));
        using var actual = SafetensorsFile.Open(output["out.safetensors"]);
        var largest = expected.Entries.Where(e => e.Key.StartsWith("grad.", StringComparison.Ordinal)).Max(e => Largest(expected.ReadFloats(e.Key)));
        foreach (var entry in expected.Entries.Where(e => !e.Key.Contains("hidden_states.", StringComparison.Ordinal)))
        {
            actual.Entry(entry.Key).Shape.ShouldBe(entry.Shape, entry.Key);
            var (wanted, found) = (expected.ReadFloats(entry.Key), actual.ReadFloats(entry.Key));
            wanted.Zip(found, (w, f) => Math.Abs((double)w - f)).Max().ShouldBeLessThanOrEqualTo(1e-4 * Math.Max(Largest(wanted), 1e-3 * largest), entry.Key);
        }
        if (adapter is not null)
            actual.Entries.Length.ShouldBe(expected.Entries.Length);
    }

    [Fact]
    public async Task Json_holds_nested_lists()
    {
        var folder = Folders.RequireShared("goldens", "models", "roberta");
        using var output = new TempFolder();
        (await Run(["--backbone", folder, "--inputs", Path.Combine(folder, "inputs.json"), "--output", output["out.json"]])).ShouldBe(0);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(output["out.json"], TestContext.Current.CancellationToken));
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        json.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(["logits", "loss"]);
        var logits = json.RootElement.GetProperty("logits").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetSingle()).ToArray()).ToArray();
        logits.Select(row => row.Length).ShouldBe([3, 3, 3]);
        logits.SelectMany(row => row).Zip(expected.ReadFloats("logits"), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task What_a_person_got_wrong_is_exit_code_1()
    {
        using var folder = new TempFolder();
        (await Run(["--backbone", folder["absent"], "--inputs", folder["i.json"], "--output", folder["o.json"]])).ShouldBe(1);
        (await Run(["--backbone", folder["absent"], "--inputs", folder["i.json"], "--output", folder["o.txt"]])).ShouldBe(1);
        (await Run(["--inputs", folder["i.json"]])).ShouldBe(1);
    }

    private static Task<int> Run(string[] args) => new RootCommand { ForwardCommand.Create() }.Parse(["forward", .. args]).InvokeAsync();

    private static double Largest(float[] values) => values.Max(v => Math.Abs((double)v));
}
