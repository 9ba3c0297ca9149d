using System.CommandLine;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using TorchSharp;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>export --adapter DIR --format adapterhub|peft|merged --output DIR [--backbone DIR]</c>: an adapter in another project's layout, loaded again and compared; export.json
/// beside the files says how it went and what is not carried over. Without a folder the backbone is found by its hash among the studio's own.
/// </summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var adapter = CommandLine.Required("--adapter", "folder with adapter.json and adapter.safetensors");
        var format = CommandLine.Required("--format", $"layout to write: {Formats}");
        var output = CommandLine.Required("--output", "folder that is empty or absent");
        var backbone = new Option<string?>("--backbone") { Description = "folder of the adapter's backbone; else it is looked for in the studio's folders" };
        var command = new Command("export", "an adapter in another project's layout, compared with its own") { adapter, format, output, backbone };
        command.Run((parsed, _) =>
        {
            Run(parsed.GetRequiredValue(adapter), parsed.GetValue(backbone), parsed.GetRequiredValue(format), parsed.GetRequiredValue(output));
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Formats => string.Join(", ", Enum.GetNames<ExportLayout>().Select(name => name.ToLowerInvariant()));

    private static void Run(string adapter, string? backboneFolder, string format, string output)
    {
        if (!Enum.GetNames<ExportLayout>().Contains(format, StringComparer.OrdinalIgnoreCase))
            throw new ArgumentException($"--format '{format}' is unknown; there are {Formats}");
        using var backbone = Backbone.Load(backboneFolder ?? Found(adapter), torch.CPU, Precision.Fp32);
        var report = AdapterExport.Write(adapter, backbone, Enum.Parse<ExportLayout>(format, ignoreCase: true), output);
        foreach (var part in report.NotCarried)
            Console.Error.WriteLine($"not carried over: {part}");
        foreach (var note in report.Notes)
            Console.Error.WriteLine(note);
        Console.WriteLine(FormattableString.Invariant(
            $"{output}: {report.Files.Count} files and {ExportReport.FileName}; loaded again, the largest logit difference is {report.Comparison.LargestDifference:g3} on {report.Comparison.Rows} rows (allowed: {report.Comparison.Tolerance:g3})"));
        if (report.NotCarried.Count > 0)
            Console.WriteLine(FormattableString.Invariant($"to the whole adapter, with what is not carried over, it is {report.Comparison.LargestDifferenceToWhole:g3}"));
    }

    private static string Found(string adapter)
    {
        AdapterExport.RequireAdapter(adapter);
        return new AssetFolders(WorkerSettings.Read(null, null, null, null, null).BackboneFolders, []).For(AdapterFolder.ReadManifest(adapter).Backbone);
    }
}
