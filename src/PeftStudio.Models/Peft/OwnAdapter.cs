using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;

namespace PeftStudio.Models.Peft;

/// <summary>An adapter in the studio's own layout, put into its backbone.</summary>
public static class OwnAdapter
{
    /// <param name="folder">with adapter.json and adapter.safetensors</param>
    /// <param name="manifest">what its adapter.json says; of this backbone</param>
    /// <param name="backbone">stays the caller's</param>
    /// <param name="head">of the manifest's task</param>
    /// <exception cref="InvalidDataException">The manifest's design or task does not fit the backbone.</exception>
    /// <exception cref="SafetensorsException">The weights do not fit the manifest.</exception>
    public static TunedModel Load(string folder, AdapterManifest manifest, Backbone backbone, HeadPlan head)
    {
        using var file = AdapterFolder.OpenWeights(folder);
        var model = Create(Path.Join(folder, AdapterFolder.ManifestName), manifest, backbone, head, file);
        try
        {
            AdapterTensors.Read(file, model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static TunedModel Create(string path, AdapterManifest manifest, Backbone backbone, HeadPlan head, SafetensorsFile file)
    {
        try
        {
            var plan = InsertionPlan.Of(manifest.Design, manifest.Sizes, manifest.Methods, backbone.Config);
            return TunedModel.Create(backbone, plan, head, new InitialisationSeed(0, 0), planned =>
                AdapterFit.Require(planned, [new ForeignFile(file.Path, [.. planned.Select(spec => new ForeignTensor(spec.Name, spec.Name))])]));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: 'design', 'sizes', 'methods' and 'task' do not fit the backbone in {backbone.Folder}: {e.Message}", e);
        }
    }
}
