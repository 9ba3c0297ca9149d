using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using static TorchSharp.torch;

namespace PeftStudio.Models.Forwarding;

/// <summary>An adapter in a backbone, ready to run. Owns the model, not the backbone.</summary>
public sealed class LoadedAdapter : IDisposable
{
    private readonly ImportedAdapter? imported;

    private LoadedAdapter(TunedModel model, AdapterManifest? manifest, ImportedAdapter? imported) => (Model, Manifest, this.imported) = (model, manifest, imported);

    public TunedModel Model { get; }

    /// <summary>Null: another project's layout.</summary>
    public AdapterManifest? Manifest { get; }

    /// <summary>What the files hold and is not read, the name of another backbone, and a head that neither brings, in sentences.</summary>
    public ValueList<string> Notes => imported is null ? [] : imported.Head is null ? [.. imported.Notes, .. ForwardPass.Notes(Model.Backbone)] : imported.Notes;

    /// <param name="folder">adapter.json and adapter.safetensors; or AdapterHub's layout, or PEFT's, which may leave the backbone's own head.</param>
    /// <exception cref="InvalidDataException">No adapter, of another backbone, or of a kind that is not built.</exception>
    /// <exception cref="SafetensorsException">The weights do not fit.</exception>
    public static LoadedAdapter Read(string folder, Backbone backbone) =>
        AdapterFolder.IsAdapter(folder) ? ReadOwn(folder, backbone) : ReadForeign(folder, backbone);

    /// <summary>By the keys of the adapter's own files; in the caller's scope.</summary>
    internal IEnumerable<(string Key, Tensor Gradient)> Gradients() =>
        imported?.Gradients(Model.Parameters) ?? Model.Parameters.Parameters.Select(p => (p.Name, p.Value.grad!));

    public void Dispose() => Model.Dispose();

    private static LoadedAdapter ReadOwn(string folder, Backbone backbone)
    {
        var manifest = AdapterFolder.ReadManifest(folder);
        if (manifest.Backbone.Hash != backbone.Hash)
            throw new InvalidDataException(
                $"{Path.Join(folder, AdapterFolder.ManifestName)}: 'backbone.hash': the adapter belongs to the backbone '{manifest.Backbone.Name}' with hash {manifest.Backbone.Hash}; {backbone.Folder} has {backbone.Hash}");
        var definition = manifest.Task.Definition;
        // Labels that T5 writes are words of its vocabulary: the whole of it is what a pass over tokens shows.
        var head = backbone.Config.T5 is not null || definition.Generation is not null ? HeadPlan.LanguageModel
            : definition.IsRegression ? HeadPlan.Regression : HeadPlan.Classification(definition.Outputs);
        return new LoadedAdapter(OwnAdapter.Load(folder, manifest, backbone, head), manifest, null);
    }

    private static LoadedAdapter ReadForeign(string folder, Backbone backbone)
    {
        var files = PeftFolder.Is(folder) ? PeftFolder.Read(folder, backbone) : AdapterHubFolder.Read(folder, backbone);
        var model = TunedModel.Create(backbone, files.Plan, files.Head ?? ForwardPass.HeadOf(backbone), new InitialisationSeed(0, 0), files.Require);
        try
        {
            files.CopyTo(model.Parameters);
            return new LoadedAdapter(model, null, files);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
