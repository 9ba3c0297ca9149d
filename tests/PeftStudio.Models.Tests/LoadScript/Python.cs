using System.Diagnostics;
using System.Text.Json;
using PeftStudio.Formats.Adapters;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests.LoadScript;

/// <summary>A Python with torch, to which the stand-in for transformers beside this file is the package.</summary>
internal static class Python
{
    private const string Path = "/usr/bin/python3";

    private const string EachLoaded = """
        import json, sys, torch
        from load import load
        rows = {name: torch.tensor(values) for name, values in json.load(open(sys.argv[2])).items() if name != "labels"}
        for folder in sys.argv[3:]:
            print(json.dumps({"logits": load(folder, sys.argv[1])(**rows).logits.tolist()}))
        """;

    private static readonly string Here = System.IO.Path.Combine(Folders.Repository, "tests", "PeftStudio.Models.Tests", "LoadScript");

    private static readonly Lazy<Task<bool>> HasTorch = new(async () => File.Exists(Path) && (await Start(System.IO.Path.GetTempPath(), ["-c", "import torch"], CancellationToken.None)).Code == 0);

    /// <summary>The stand-in alone.</summary>
    public static string Plain { get; } = System.IO.Path.Combine(Here, "plain.py");

    /// <summary>In a folder that has load.py. The calling test is skipped where there is no such Python.</summary>
    public static async Task<(int Code, string Output, string Error)> Run(TempFolder folder, params string[] arguments)
    {
        Assert.SkipUnless(await HasTorch.Value, $"there is no {Path} with torch");
        folder.Write(LoadScriptFile.Name, LoadScriptFile.Bytes);
        return await Start(folder.Path, arguments, TestContext.Current.CancellationToken);
    }

    /// <summary>What load.py would print of each adapter: all by one process, through its function.</summary>
    public static async Task<string[]> RunEach(TempFolder folder, string backbone, string inputs, string[] adapters)
    {
        var (code, output, error) = await Run(folder, ["-c", EachLoaded, backbone, inputs, .. adapters]);
        code.ShouldBe(0, error);
        var printed = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        printed.Length.ShouldBe(adapters.Length);
        return printed;
    }

    /// <summary>What load.py printed, row by row.</summary>
    public static float[] Logits(string output)
    {
        using var json = JsonDocument.Parse(output);
        return [.. Flat(json.RootElement.GetProperty("logits"))];

        static IEnumerable<float> Flat(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flat) : [value.GetSingle()];
    }

    private static async Task<(int Code, string Output, string Error)> Start(string folder, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["PYTHONPATH"] = Here;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python did not start");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
