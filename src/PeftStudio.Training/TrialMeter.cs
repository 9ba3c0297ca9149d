using PeftStudio.Search;
using PeftStudio.Training.Bench;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Training;

/// <summary>What a trial was seen to cost.</summary>
/// <param name="PeakBytes">most memory of the process since it began: resident (Linux), or the allocator's peak on a CUDA device.</param>
/// <param name="StepSeconds">of each step of the optimizer, in order.</param>
/// <param name="EvaluationSeconds">of each evaluation at an epoch's end, in order.</param>
/// <param name="MachineBytes">memory that the process may use; null on a CUDA device, whose size nothing here tells.</param>
public sealed record MeasuredTrial(long PeakBytes, ValueList<double> StepSeconds, ValueList<double> EvaluationSeconds, long? MachineBytes, string NumericProfile);

/// <summary>Takes a trial's time from the reports of its progress; a report goes on to <paramref name="next"/>.</summary>
public sealed class TrialMeter(Device device, TimeProvider clock, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
{
    private readonly List<double> steps = [];
    private readonly List<double> evaluations = [];
    private long last = clock.GetTimestamp();

    public void Report(TrainingProgress value)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
        (value.Finished is null ? steps : evaluations).Add(clock.GetElapsedTime(last).TotalSeconds);
        next?.Report(value);
        last = clock.GetTimestamp();
    }

    public MeasuredTrial Result() => new(
        PeakMemory.Of(device), steps.ToValueList(), evaluations.ToValueList(),
        device.type == DeviceType.CUDA ? null : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Training.NumericProfile.Of(device));
}
