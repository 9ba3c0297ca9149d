using PeftStudio.Formats.Adapters;

namespace PeftStudio.Models.Exports;

/// <summary>What every export has beside another project's files: the adapter as it is, and load.py, which puts it into its backbone.</summary>
internal static class OwnFiles
{
    public const string Folder = "peftstudio";

    /// <summary>For a reader of the export.</summary>
    public const string Note =
        $"{Folder}/ has the whole adapter in the studio's own layout: python3 {Folder}/{LoadScriptFile.Name} --adapter {Folder} --backbone DIR --inputs inputs.json puts it into its backbone with torch and transformers alone.";

    /// <param name="adapter">with adapter.json and adapter.safetensors</param>
    /// <param name="output">the export's folder</param>
    public static void Write(string adapter, string output)
    {
        var folder = Directory.CreateDirectory(Path.Join(output, Folder)).FullName;
        foreach (var name in new[] { AdapterFolder.ManifestName, AdapterFolder.WeightsName })
            File.Copy(Path.Join(adapter, name), Path.Join(folder, name));
        File.WriteAllBytes(Path.Join(folder, LoadScriptFile.Name), LoadScriptFile.Bytes);
    }
}
