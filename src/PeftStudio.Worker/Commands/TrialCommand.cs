using System.CommandLine;
using System.Text.Json;
using PeftStudio.Formats.Adapters;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using PeftStudio.Training;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>trial PLAN.json --backbone DIR --task DIR [--device D] [--threads N] [--adapter DIR] [--measured FILE]</c>: one trial without database or queue; its result as JSON on
/// standard output.
/// </summary>
internal static class TrialCommand
{
    public static Command Create()
    {
        var plan = new Argument<string>("PLAN.json") { Description = "a trial plan, as the studio's trial page shows it" };
        var backbone = CommandLine.Required("--backbone", "folder of the backbone");
        var task = CommandLine.Required("--task", "folder of the task");
        var device = new Option<string>("--device") { Description = "cpu, cuda:0, ...", DefaultValueFactory = _ => "cpu" };
        var threads = new Option<int>("--threads") { Description = "threads of libtorch", DefaultValueFactory = _ => 1 };
        var adapter = new Option<string?>("--adapter") { Description = "folder for the adapter: adapter.json and adapter.safetensors" };
        var measured = new Option<string?>("--measured") { Description = "file for what the trial cost: most memory of this process, time of each step" };
        var command = new Command("trial", "one trial without database or queue") { plan, backbone, task, device, threads, adapter, measured };
        command.Run(async (parsed, cancellationToken) =>
        {
            var trialPlan = await ReadAsync(parsed.GetRequiredValue(plan), cancellationToken) with { KeepAdapter = parsed.GetValue(adapter) is not null };
            NativeRuntime.UseThreads(parsed.GetValue(threads));
            NativeRuntime.FlushDenormals(true); // as workers do: equal bits
            using var assets = new TrialAssets(NativeRuntime.UseDevice(parsed.GetRequiredValue(device)));
            var meter = new TrialMeter(assets.Device, TimeProvider.System, new StepLine());
            var outcome = assets.Run(trialPlan, parsed.GetRequiredValue(backbone), parsed.GetRequiredValue(task), meter, cancellationToken);
            if (parsed.GetValue(measured) is { } cost)
                await File.WriteAllTextAsync(cost, CanonicalJson.Write(meter.Result()), cancellationToken);
            if (parsed.GetValue(adapter) is { } file && outcome.Adapter is { } kept)
                AdapterFolder.Write(file, kept.Manifest(NumericProfile.Versions(assets.Device)), kept.Weights);
            Console.WriteLine(JsonSerializer.Serialize(outcome.Result, CanonicalJson.Indented));
            return 0;
        });
        return command;
    }

    private static async Task<TrialPlan> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return CanonicalJson.Read<TrialPlan>(await File.ReadAllTextAsync(file, cancellationToken));
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{file} is no trial plan (a trial's page shows one to copy): {error.Message}", error);
        }
    }

    // A line on standard error a step would be too many; one every tenth of the way.
    private sealed class StepLine : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Finished is null && (value.Step == value.Steps || value.Step % Math.Max(1, value.Steps / 10) == 0))
                Console.Error.WriteLine($"step {value.Step} of {value.Steps}, epoch {value.Epoch}, loss {value.Loss:F4}");
        }
    }
}
