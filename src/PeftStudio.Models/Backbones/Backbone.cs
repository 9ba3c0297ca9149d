using System.Runtime.InteropServices;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>
/// A pretrained network with frozen weights, shared by all trials of a process: nothing ever writes to its tensors (those in fp32 on the processor may
/// lie in the read-only memory map of the file).
/// </summary>
public sealed class Backbone : IDisposable
{
    private readonly Dictionary<string, Tensor> tensors; // by bare key
    private readonly Dictionary<string, string> checkpointKeys; // bare key -> key in the file
    private readonly string wrapper; // what the file puts before the bare keys: "bert.", or nothing

    private Backbone(
        string folder, BackboneConfig config, BackboneIdentity identity, LoadReport report, Device device, ScalarType type,
        Dictionary<string, Tensor> tensors, Dictionary<string, string> checkpointKeys, string wrapper)
    {
        (Folder, Config, Hash, Report, Device, Type) = (folder, config, identity.Hash, report, device, type);
        (this.tensors, this.checkpointKeys, this.wrapper) = (tensors, checkpointKeys, wrapper);
        Shape = config.Shape() with { Parameters = identity.Parameters };
    }

    public string Folder { get; }

    public BackboneConfig Config { get; }

    public BackboneShape Shape { get; }

    /// <summary>Identity of the backbone part, the same in every precision.</summary>
    public string Hash { get; }

    public LoadReport Report { get; }

    public Device Device { get; }

    /// <summary>The type of the weights and of the products' activations.</summary>
    public ScalarType Type { get; }

    /// <summary>The classification head's; T5 has none.</summary>
    public HeadLayout HeadLayout => HeadLayout.Of(Config.ModelType);

    /// <exception cref="InvalidDataException">config.json is absent, wrong, or of an architecture that is not supported.</exception>
    /// <exception cref="SafetensorsException">No or damaged weights, a tensor that is missing or of another shape.</exception>
    public static Backbone Load(string folder, Device device, Precision precision) =>
        Load(folder, device, precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32);

    internal static Backbone Load(string folder, Device device, ScalarType type)
    {
        var config = BackboneConfig.FromFolder(folder);
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        var keys = new CheckpointKeys(checkpoint, config);
        var report = keys.Check();
        var reader = new CheckpointReader(checkpoint, keys);
        var loaded = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            using var noGrad = no_grad();
            foreach (var bare in keys.Keys.Keys)
                loaded.Add(bare, reader.Read(bare, device, type));
            return new Backbone(
                Path.GetFullPath(folder), keys.Config, BackboneIdentity.Of(checkpoint, config.ModelType), report, device, type, loaded, keys.Keys, keys.Wrapper);
        }
        catch
        {
            Free(loaded);
            throw;
        }
    }

    /// <summary>Bare keys of all that was loaded: the backbone, the pooler, the head.</summary>
    internal IReadOnlyCollection<string> Keys => tensors.Keys;

    /// <summary>Whether the checkpoint brought a tensor of this bare key.</summary>
    public bool Contains(string bareKey) => tensors.ContainsKey(bareKey);

    /// <summary>A frozen tensor, owned by the backbone.</summary>
    public Tensor this[string bareKey] => tensors.TryGetValue(bareKey, out var tensor)
        ? tensor
        : throw new KeyNotFoundException($"{Folder}: the backbone has no tensor '{CheckpointKey(bareKey)}'");

    /// <summary>The key in the checkpoint, also of a tensor that it lacks: <c>bert.encoder.layer.0...</c> for <c>encoder.layer.0...</c></summary>
    public string CheckpointKey(string bareKey) =>
        checkpointKeys.TryGetValue(bareKey, out var key) ? key
        : bareKey.StartsWith("classif", StringComparison.Ordinal) ? bareKey // classifier, classification_head
        : wrapper + bareKey;

    /// <summary>The other way round; the key itself where it has no wrapper.</summary>
    public string BareKey(string key)
    {
        var prefix = BackboneKeys.Prefix(Config.ModelType);
        return key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : key;
    }

    public void Dispose() => Free(tensors);

    private static void Free(Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
    }
}
