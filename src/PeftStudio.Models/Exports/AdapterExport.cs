using System.Security.Cryptography;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Exports;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// Writes an adapter of the studio's in another project's layout, loads the files again and compares their logits with the adapter's own. What comes out was compared: an export
/// that differs leaves no files.
/// </summary>
public static class AdapterExport
{
    // Of the largest logit, or of 1: what the order of fp32 sums may make of it.
    private const double Tolerance = 1e-4;

    /// <param name="adapterFolder">with adapter.json and adapter.safetensors</param>
    /// <param name="backbone">the adapter's, in fp32</param>
    /// <param name="layout">the layout to write</param>
    /// <param name="output">a folder that is empty or absent</param>
    /// <returns>what export.json says</returns>
    /// <exception cref="ExportRefusedException">The layout cannot carry the adapter.</exception>
    /// <exception cref="InvalidDataException">No adapter of this backbone, or files that do not give the adapter's logits.</exception>
    /// <exception cref="IOException">The output is there and not empty.</exception>
    public static ExportReport Write(string adapterFolder, Backbone backbone, ExportLayout layout, string output) =>
        Write(adapterFolder, backbone, layout, Layout(layout, backbone.Config), output);

    /// <param name="adapterFolder">as above</param>
    /// <param name="backbone">as above</param>
    /// <param name="layout">what <paramref name="format"/> is called</param>
    /// <param name="format">writes the files and reads them</param>
    /// <param name="output">as above</param>
    internal static ExportReport Write(string adapterFolder, Backbone backbone, ExportLayout layout, IExportLayout format, string output)
    {
        RequireEmpty(output);
        RequireAdapter(adapterFolder);
        using var adapter = LoadedAdapter.Read(adapterFolder, backbone);
        var manifest = adapter.Manifest ?? throw new InvalidDataException($"{adapterFolder}: has no manifest");
        if (layout != ExportLayout.Merged && adapter.Model.Head.IsLanguageModel && !ForwardPass.HeadOf(backbone).IsLanguageModel)
            throw new ExportRefusedException($"the adapter writes texts, and the checkpoint in {backbone.Folder} brings a classification head, which readers of an adapter's files would take; export it as merged");
        var leftOut = LeftOutText.Of(adapter.Model.Plan, format);
        using var carried = Carried(adapter.Model, format, leftOut, $"the adapter cannot be exported as {layout.ToString().ToLowerInvariant()}");
        var source = new ExportSource(carried, manifest.Design.Groupings, NameOf(manifest.Task.Definition), manifest.Backbone.Name, manifest.Task.Definition.LabelNames);
        Directory.CreateDirectory(output);
        try
        {
            var notes = format.Write(source, output).Concat(Notes(manifest, adapter.Model.Head)).Append(OwnFiles.Note).ToValueList();
            OwnFiles.Write(adapterFolder, output);
            var files = Files(output);
            var comparison = Compare(adapter.Model, carried, format, output);
            var report = new ExportReport(
                ExportReport.CurrentFormat, layout, manifest.Backbone, manifest.Task.Definition.Name, Hash(Path.Join(adapterFolder, AdapterFolder.WeightsName)),
                files, leftOut, notes, comparison);
            report.Write(output);
            return report;
        }
        catch
        {
            foreach (var entry in new DirectoryInfo(output).EnumerateFileSystemInfos())
                if (entry is DirectoryInfo folder)
                    folder.Delete(recursive: true);
                else
                    entry.Delete();
            throw;
        }
    }

    /// <exception cref="InvalidDataException">The folder holds no adapter of the studio's own.</exception>
    public static void RequireAdapter(string folder)
    {
        if (!AdapterFolder.IsAdapter(folder))
            throw new InvalidDataException($"{folder}: has no {AdapterFolder.ManifestName}; an adapter of the studio's own is exported");
    }

    private static IExportLayout Layout(ExportLayout layout, BackboneConfig config) => layout switch
    {
        ExportLayout.AdapterHub => new AdapterHubLayout(config),
        ExportLayout.Peft => new PeftLayout(config),
        ExportLayout.Merged => new MergedLayout(),
        _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, "not a layout"),
    };

    /// <summary>A model of what the layout carries, with the adapter's values.</summary>
    private static TunedModel Carried(TunedModel whole, IExportLayout layout, ValueList<string> leftOut, string refusal)
    {
        var plan = new InsertionPlan(
            whole.Plan.Modules.Where(m => layout.Against(m, whole.Plan) is null).ToValueList(), whole.Plan.Tensors.Where(t => layout.Against(t) is null).ToValueList());
        if (leftOut.Count > 0 && layout.AgainstParts is { } reason)
            throw new ExportRefusedException($"{refusal}: {string.Join("; ", leftOut)}. {char.ToUpperInvariant(reason[0])}{reason[1..]}.");
        if (plan.Modules.Count + plan.Tensors.Count == 0)
            throw new ExportRefusedException($"{refusal}, which has room for nothing in it but the head: {string.Join("; ", leftOut)}");
        var model = TunedModel.Create(whole.Backbone, plan, whole.Head, new InitialisationSeed(0, 0));
        using var noGrad = no_grad();
        foreach (var parameter in model.Parameters.Parameters)
            parameter.Value.copy_(whole.Parameters[parameter.Name].Value);
        return model;
    }

    private static ExportComparison Compare(TunedModel whole, TunedModel carried, IExportLayout layout, string output)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var rows = ComparisonRows.Of(whole.Backbone.Config, whole.Backbone.Device);
        var (own, wanted) = (Values(ComparisonRows.Logits(whole, rows)), Values(ComparisonRows.Logits(carried, rows)));
        var found = Values(layout.Logits(output, whole.Backbone, rows));
        var largest = own.Max(logit => Math.Abs((double)logit));
        var comparison = new ExportComparison(ComparisonRows.Rows, largest, Tolerance * Math.Max(1, largest), Difference(found, wanted), Difference(found, own));
        return comparison.LargestDifference <= comparison.Tolerance
            ? comparison
            : throw new InvalidDataException(
                $"the export, loaded again, gives logits that differ by {comparison.LargestDifference:g3} from the adapter's; at most {comparison.Tolerance:g3} is allowed. Nothing was written: please report it.");

        static float[] Values(Tensor logits) => logits.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();

        // Max would pass over NaN.
        static double Difference(float[] a, float[] b) =>
            a.Length == b.Length && a.Concat(b).All(float.IsFinite) ? a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() : double.PositiveInfinity;
    }

    private static IEnumerable<string> Notes(AdapterManifest manifest, HeadPlan head)
    {
        var task = manifest.Task.Definition;
        if (head.IsLanguageModel)
            yield return task.Generation is not null ? $"The model writes texts; each row began with '{task.Generation.Prefix}' in training."
                : $"The model writes {(task.IsRegression ? "the score as a number" : $"one of {string.Join(", ", task.LabelNames)}")}; a row is one text that names the task and its parts (docs/tasks.md). What was compared are the logits of its whole vocabulary.";
        else if (task.Range is { } range)
            yield return FormattableString.Invariant($"The output is a part of the scores' range: score = {range.Minimum} + output x {range.Maximum - range.Minimum}.");
        yield return $"Rows were tokenised to at most {manifest.Training.Plan.MaxLength} tokens in training.";
    }

    private static void RequireEmpty(string output)
    {
        if (File.Exists(output))
            throw new IOException($"{output}: is a file; name a folder that is empty or absent");
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            throw new IOException($"{output}: is not empty; name a folder that is empty or absent");
    }

    private static string NameOf(TaskDefinition task)
    {
        var name = new string([.. task.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_')]);
        // g1, g2, ... are the groups' own.
        return name is ['g', >= '0' and <= '9', ..] ? "task_" + name : name;
    }

    private static ValueList<ExportedFile> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => new ExportedFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), new FileInfo(path).Length, Hash(path)))
            .OrderBy(file => file.Path, StringComparer.Ordinal).ToValueList();

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
