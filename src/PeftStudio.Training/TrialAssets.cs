using PeftStudio.Formats;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using PeftStudio.Training.Batching;
using TorchSharp;

namespace PeftStudio.Training;

/// <summary>
/// The backbone and the tasks that a worker holds in memory between trials: one backbone in one precision (another trial's may push it out), and the tokenised tasks
/// read with it. What changed on disk is read again. For one thread.
/// </summary>
public sealed class TrialAssets : IDisposable
{
    private readonly Func<string, torch.Device, Precision, Backbone> load;
    private readonly Dictionary<(string Folder, int MaxLength, bool SkipBadRows), (string Stamp, TokenisedTask Task)> tasks = [];
    private (string Folder, string Stamp, Precision Precision)? loaded;
    private Backbone? backbone;
    private Tokenizer? tokenizer;
    private (string Folder, string Stamp)? tokenizerOf;

    public TrialAssets(torch.Device device)
        : this(device, Backbone.Load)
    {
    }

    /// <param name="device">of the backbone and of the trials.</param>
    /// <param name="load">reads the backbone of a folder; tests let memory run out in it.</param>
    internal TrialAssets(torch.Device device, Func<string, torch.Device, Precision, Backbone> load) => (Device, this.load) = (device, load);

    public torch.Device Device { get; }

    /// <param name="backboneFolder">a folder in the Hugging Face layout with the plan's backbone.</param>
    /// <param name="taskFolder">a folder with the plan's task.</param>
    /// <exception cref="TrialFailedException">Memory ran out, for the backbone or later, the loss or a prediction is not finite, or the processor has no products in bf16.</exception>
    /// <exception cref="SafetensorsException">The backbone's weights are damaged, or not what its config.json describes.</exception>
    public TrainedTrial Run(TrialPlan plan, string backboneFolder, string taskFolder, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (Bf16Products.Against(plan.Training.Precision, Device) is { } reason)
            throw new TrialFailedException($"{reason}. Train in fp32, or give the worker a GPU or a processor with AVX-512 or AMX.");
        try
        {
            Hold(backboneFolder, plan.Training.Precision);
        }
        catch (TorchOutOfMemoryException error)
        {
            throw TrialFailedException.OutOfMemoryForBackbone(plan, error);
        }
        return TrialRunner.Run(plan, backbone!, Task(taskFolder, plan.Training), progress, cancellationToken);
    }

    /// <summary>Exports an adapter of the studio's; the backbone is held in fp32 for it, as trials of that precision hold it.</summary>
    /// <param name="adapterFolder">with adapter.json and adapter.safetensors.</param>
    /// <param name="backboneFolder">a folder in the Hugging Face layout with the adapter's backbone.</param>
    /// <param name="layout">to write.</param>
    /// <param name="output">a folder that is empty or absent.</param>
    /// <exception cref="ExportRefusedException">The layout cannot carry the adapter.</exception>
    public ExportReport Export(string adapterFolder, string backboneFolder, ExportLayout layout, string output)
    {
        Hold(backboneFolder, Precision.Fp32);
        return AdapterExport.Write(adapterFolder, backbone!, layout, output);
    }

    public void Dispose() => backbone?.Dispose();

    private void Hold(string folder, Precision precision)
    {
        var stamp = FolderStamp.Of(folder);
        if (loaded == (folder, stamp, precision))
            return;
        backbone?.Dispose();
        (backbone, loaded) = (null, null);
        if (tokenizerOf != (folder, stamp))
        {
            tasks.Clear();
            (tokenizer, tokenizerOf) = (Tokenizer.FromFolder(folder), (folder, stamp));
        }
        backbone = load(folder, Device, precision);
        loaded = (folder, stamp, precision);
    }

    private TokenisedTask Task(string folder, TrainingPlan training)
    {
        var (key, stamp) = ((folder, training.MaxLength, training.SkipBadRows), FolderStamp.Of(folder));
        if (!tasks.TryGetValue(key, out var known) || known.Stamp != stamp)
            tasks[key] = known = (stamp, new TokenisedTask(TaskFolder.Open(folder), backbone!.Config, tokenizer!, training.MaxLength, training.SkipBadRows));
        return known.Task;
    }
}
