using PeftStudio.Formats;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Jobs;
using PeftStudio.Models.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;
using PeftStudio.Torch;
using PeftStudio.Training;

namespace PeftStudio.Worker;

/// <summary>The training and models' rooms behind the jobs' boundary, all of it on one thread.</summary>
public sealed class TrainingExecutor : ITrialExecutor, IAdapterExporter, IDisposable
{
    private readonly TrialThread thread = new();
    private readonly AssetFolders folders;
    private readonly TrialAssets assets;
    private readonly AdapterVersions versions;

    public TrainingExecutor(AssetFolders folders, string device, int threads)
    {
        this.folders = folders;
        (assets, versions) = thread.Run(() =>
        {
            NativeRuntime.UseThreads(threads);
            NativeRuntime.FlushDenormals(true);
            var place = NativeRuntime.UseDevice(device);
            return (new TrialAssets(place), Training.NumericProfile.Versions(place));
        });
    }

    public string NumericProfile => versions.NumericProfile;

    public HeldAssets FindAssets() => folders.Find();

    public TrialOutcome Run(TrialPlan plan, IProgress<TrialProgress> progress, CancellationToken cancellationToken)
    {
        var (backbone, task) = folders.For(plan);
        try
        {
            return thread.Run(() =>
            {
                var trained = assets.Run(plan, backbone, task, new Forwarding(progress, plan.Epochs), cancellationToken);
                return new TrialOutcome.Completed(trained.Result, trained.Adapter?.Weights, trained.Adapter is { } adapter ? AdapterJson.Write(adapter.Manifest(versions)) : null);
            });
        }
        // What the same files give again: bad rows, labels that cannot be written, a tokenizer or weights that cannot be read.
        catch (Exception error) when (error is TrialFailedException or InvalidTaskException or InvalidDataException or SafetensorsException)
        {
            return new TrialOutcome.Failed(error.Message, Again: false);
        }
    }

    public ExportOutcome Export(ExportOrder order, string folder)
    {
        var backbone = folders.For(order.Backbone);
        var (adapter, files, archive) = (Path.Join(folder, "adapter"), Path.Join(folder, "files"), Path.Join(folder, "export.zip"));
        AdapterFolder.Write(adapter, order.Adapter.Manifest, order.Adapter.Safetensors);
        try
        {
            thread.Run(() => assets.Export(adapter, backbone, order.Layout, files));
        }
        catch (ExportRefusedException refusal)
        {
            return new ExportOutcome.Refused(refusal.Message);
        }
        PlainZip.OfFolder(files, archive);
        return new ExportOutcome.Made(File.ReadAllText(Path.Join(files, ExportReport.FileName)), archive);
    }

    public void Dispose()
    {
        thread.Run(() =>
        {
            assets.Dispose();
            return true;
        });
        thread.Dispose();
    }

    private sealed class Forwarding(IProgress<TrialProgress> progress, int epochs) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => progress.Report(new TrialProgress(value.Epoch, value.Step, value.Steps, value.Finished,
            value.Finished is { } point ? FormattableString.Invariant($"epoch {point.Epoch} of {epochs}: loss {point.Loss:F4}, decision score {point.Decision.Score:F2}") : null));
    }
}
