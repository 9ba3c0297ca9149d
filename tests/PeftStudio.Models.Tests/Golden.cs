using System.Text.Json;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>Reference numbers of one model or of one adapter in it. Largest difference allowed: 1e-4 of the tensor's largest value, or of 1e-3 of the file's largest gradient.</summary>
internal sealed class Golden : IDisposable
{
    private readonly SafetensorsFile file;
    private readonly double largestGradient;

    public Golden(string folder)
    {
        file = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        largestGradient = Keys.Where(k => k.StartsWith("grad.", StringComparison.Ordinal)).Max(k => Largest(file.ReadFloats(k)));
    }

    public IEnumerable<string> Keys => file.Entries.Select(e => e.Key);

    public IEnumerable<string> GradientKeys => Keys.Where(k => k.StartsWith("grad.", StringComparison.Ordinal)).Select(k => k["grad.".Length..]);

    public long[] Shape(string key) => [.. file.Entry(key).Shape];

    public static (TokenBatch Batch, Tensor Labels) Inputs(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "inputs.json")));
        var root = json.RootElement;
        var rows = root.GetProperty("input_ids").GetArrayLength();
        var batch = new TokenBatch(
            Flat(root.GetProperty("input_ids")), Flat(root.GetProperty("attention_mask")),
            root.TryGetProperty("token_type_ids", out var types) ? Flat(types) : null, rows, CPU);
        var labels = root.GetProperty("labels");
        return (batch, labels[0].ValueKind == JsonValueKind.Array
            ? tensor(Flat(labels), [rows, labels[0].GetArrayLength()])
            : tensor(labels.EnumerateArray().Select(l => l.GetInt64()).ToArray()));

        static long[] Flat(JsonElement rows) => [.. rows.EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(v => v.GetInt64())];
    }

    /// <summary>Of an adapter: its parameters, by the reference's count.</summary>
    public static long Trainable(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return json.RootElement.GetProperty("trainable").GetInt64();
    }

    public static InitialisationSeed Seed { get; } = new(1, 2);

    /// <param name="what">named beside the key where it fails</param>
    public void ShouldBeClose(string key, Tensor actual, string what = "")
    {
        var expected = file.ReadFloats(key);
        using var flat = actual.detach().cpu().to(ScalarType.Float32).contiguous();
        flat.shape.ShouldBe(key == "loss" ? [] : file.Entry(key).Shape.ToArray(), key);
        var values = flat.data<float>().ToArray();
        var allowed = 1e-4 * Math.Max(Largest(expected), 1e-3 * largestGradient);
        var difference = expected.Zip(values, (e, a) => Math.Abs((double)e - a)).Max();
        difference.ShouldBeLessThanOrEqualTo(allowed, $"{key} {what}");
    }

    public void Dispose() => file.Dispose();

    private static double Largest(float[] values) => values.Max(v => Math.Abs((double)v));
}
