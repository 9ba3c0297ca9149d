using System.Text.Json;
using System.Text.Json.Serialization;
using PeftStudio.Formats.Adapters;
using PeftStudio.Search;
using PeftStudio.Search.Exports;

namespace PeftStudio.Formats.Exports;

/// <summary>
/// export.json: what was exported, what of it the layout does not carry, and how far the files, once loaded again, are from the adapter they were made of.
/// Equal exports give equal bytes.
/// </summary>
public sealed record ExportReport
{
    public const string CurrentFormat = "peftstudio-export-1";
    public const string FileName = "export.json";

    /// <exception cref="ArgumentException">A file of another version.</exception>
    [JsonConstructor]
    public ExportReport(
        string format, ExportLayout layout, AdapterBackbone backbone, string task, string adapterHash, ValueList<ExportedFile> files, ValueList<string> notCarried,
        ValueList<string> notes, ExportComparison comparison)
    {
        if (format != CurrentFormat)
            throw new ArgumentException($"'format' is '{format}'; this version reads {CurrentFormat}");
        (Format, Layout, Backbone, Task, AdapterHash) = (format, layout, backbone, task, adapterHash);
        (Files, NotCarried, Notes, Comparison) = (files, notCarried, notes, comparison);
    }

    public string Format { get; }

    public ExportLayout Layout { get; }

    public AdapterBackbone Backbone { get; }

    /// <summary>The task's name.</summary>
    public string Task { get; }

    /// <summary>sha256 of the adapter.safetensors that was exported.</summary>
    public string AdapterHash { get; }

    /// <summary>By path, ordinal; this report is not among them.</summary>
    public ValueList<ExportedFile> Files { get; }

    /// <summary>What the adapter has and these files do not, in sentences; empty: all of it is there.</summary>
    public ValueList<string> NotCarried { get; }

    /// <summary>What a reader of the files must know, in sentences.</summary>
    public ValueList<string> Notes { get; }

    public ExportComparison Comparison { get; }

    /// <summary>Into <paramref name="folder"/>, last of all: a folder with a report is whole and was compared.</summary>
    public void Write(string folder) => File.WriteAllText(Path.Join(folder, FileName), JsonSerializer.Serialize(this, AdapterJson.Options) + "\n");

    /// <exception cref="InvalidDataException">No report, or one of another version.</exception>
    public static ExportReport Read(string folder)
    {
        var path = Path.Join(folder, FileName);
        return File.Exists(path) ? Parse(File.ReadAllText(path), path) : throw new InvalidDataException($"{path}: the file does not exist");
    }

    /// <param name="json">the text of export.json</param>
    /// <param name="file">named in the error</param>
    /// <exception cref="InvalidDataException">No report, or one of another version.</exception>
    public static ExportReport Parse(string json, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<ExportReport>(json, AdapterJson.Options) ?? throw new InvalidDataException($"{file}: is null, not a report");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }
}

/// <param name="Path">below the export's folder, with slashes.</param>
/// <param name="Bytes">its length.</param>
/// <param name="Sha256">lower-case hexadecimal.</param>
public sealed record ExportedFile(string Path, long Bytes, string Sha256);

/// <summary>The logits of the files, loaded again, beside the adapter's own, in fp32 on the same rows.</summary>
/// <param name="Rows">rows of token ids, drawn once for all exports.</param>
/// <param name="LargestLogit">of the adapter, in absolute value.</param>
/// <param name="Tolerance">the largest difference with which an export is made.</param>
/// <param name="LargestDifference">to the adapter without what is not carried over.</param>
/// <param name="LargestDifferenceToWhole">to the whole adapter: what is lost with the parts that are not carried over; where all is carried, <paramref name="LargestDifference"/>.</param>
public sealed record ExportComparison(int Rows, double LargestLogit, double Tolerance, double LargestDifference, double LargestDifferenceToWhole);
