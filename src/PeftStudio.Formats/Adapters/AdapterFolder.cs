using PeftStudio.Formats.Safetensors;

namespace PeftStudio.Formats.Adapters;

/// <summary>The studio's own layout of an adapter: adapter.json beside adapter.safetensors.</summary>
public static class AdapterFolder
{
    public const string ManifestName = "adapter.json";
    public const string WeightsName = "adapter.safetensors";

    private const long LargestManifest = 16 << 20;

    public static bool IsAdapter(string folder) => File.Exists(Path.Join(folder, ManifestName));

    /// <exception cref="InvalidDataException">No manifest, or one that <see cref="AdapterJson.Read"/> refuses.</exception>
    public static AdapterManifest ReadManifest(string folder)
    {
        var path = Path.Join(folder, ManifestName);
        var about = new FileInfo(path);
        if (!about.Exists)
            throw new InvalidDataException($"{path}: the file does not exist");
        return about.Length <= LargestManifest
            ? AdapterJson.Read(File.ReadAllText(path), path)
            : throw new InvalidDataException($"{path}: has {about.Length} bytes; at most {LargestManifest} are read");
    }

    /// <exception cref="SafetensorsException">The weights are absent or damaged.</exception>
    public static SafetensorsFile OpenWeights(string folder) => SafetensorsFile.Open(Path.Join(folder, WeightsName));

    /// <summary>Makes the folder where it is absent. The manifest comes last, so that a folder with one is whole.</summary>
    public static void Write(string folder, AdapterManifest manifest, ReadOnlySpan<byte> weights) => Write(folder, AdapterJson.Write(manifest), weights);

    /// <param name="folder">where to</param>
    /// <param name="manifest">the text of adapter.json</param>
    /// <param name="weights">the bytes of adapter.safetensors</param>
    public static void Write(string folder, string manifest, ReadOnlySpan<byte> weights)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Join(folder, WeightsName), weights);
        File.WriteAllText(Path.Join(folder, ManifestName), manifest);
    }
}
