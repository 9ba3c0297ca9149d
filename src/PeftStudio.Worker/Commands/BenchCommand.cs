using System.CommandLine;
using System.Text.Json;
using PeftStudio.Models.Backbones;
using PeftStudio.Search.Studies;
using PeftStudio.Torch;
using PeftStudio.Training.Bench;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>bench</c>: how long a training step of LoRA (rank 8, queries and values of all layers) takes on a random RoBERTa, T5 or BART of base size, one line a (precision, length).
/// </summary>
internal static class BenchCommand
{
    private const int Rank = 8;
    private const ulong Seed = 1;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "roberta, t5 or bart, of base size", DefaultValueFactory = _ => "roberta" };
        model.AcceptOnlyFromAmong("roberta", "t5", "bart");
        var device = new Option<string>("--device") { Description = "cpu, cuda:0, ...", DefaultValueFactory = _ => "cpu" };
        var threads = new Option<int>("--threads") { Description = "threads of libtorch", DefaultValueFactory = _ => Environment.ProcessorCount };
        var precision = new Option<string[]>("--precision") { Description = "fp32, bf16, or both", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["fp32"] };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        var length = new Option<int[]>("--length") { Description = "tokens a row", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [128, 32] };
        var batch = new Option<int>("--batch") { Description = "rows a step", DefaultValueFactory = _ => 32 };
        var steps = new Option<int>("--steps") { Description = "timed steps", DefaultValueFactory = _ => 5 };
        var warmUp = new Option<int>("--warm-up") { Description = "steps before them that are not timed", DefaultValueFactory = _ => 1 };
        var layers = new Option<int?>("--layers") { Description = "layers of each stack: 12, BART's 6" };
        var json = new Option<bool>("--json") { Description = "a line of JSON for each, in the place of a sentence" };
        foreach (var option in new[] { threads, batch, steps })
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                    result.AddError($"{option.Name} is {result.GetValueOrDefault<int>()}; at least 1 is wanted");
            });
        var command = new Command("bench", "times training steps on a random model of base size") { model, device, threads, precision, length, batch, steps, warmUp, layers, json };
        command.Run((parsed, cancellationToken) =>
        {
            NativeRuntime.UseThreads(parsed.GetValue(threads));
            var place = NativeRuntime.UseDevice(parsed.GetRequiredValue(device));
            var folder = Directory.CreateTempSubdirectory("peftstudio-bench-");
            try
            {
                RandomBackbone.Write(folder.FullName, RandomBackbone.Base(parsed.GetRequiredValue(model), parsed.GetValue(layers)), Seed);
                // The weights' managed copies would count as resident.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                foreach (var type in parsed.GetRequiredValue(precision))
                {
                    using var backbone = Backbone.Load(folder.FullName, place, type == "bf16" ? Precision.Bf16 : Precision.Fp32);
                    foreach (var time in parsed.GetRequiredValue(length))
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        var plan = new StepBenchPlan(parsed.GetValue(batch), time, parsed.GetValue(steps), parsed.GetValue(warmUp), Rank, Seed);
                        var line = BenchLine.Of(parsed.GetRequiredValue(model), type, plan, StepBench.Run(backbone, plan, TimeProvider.System));
                        Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(line, BenchLine.Json) : line.ToString());
                    }
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
            return Task.FromResult(0);
        });
        return command;
    }
}

/// <summary>One measured step; bench/torch_step.py prints the same keys but for the BLAS kernels.</summary>
internal sealed record BenchLine(
    string Engine, string Model, string Torch, string Blas, string OneDnn, string Precision, int Batch, int Length, double MedianMs, double MinMs, double MaxMs, double CpuMs, double TokensPerSecond, double PeakMb, double Loss)
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static BenchLine Of(string model, string precision, StepBenchPlan plan, StepBenchResult result)
    {
        double[] sorted = [.. result.Milliseconds.Order()];
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return new BenchLine(
            "PeftStudio", model, NativeRuntime.Version, NativeRuntime.BlasCore, NativeRuntime.OneDnnLimit ?? "", precision, plan.Batch, plan.Length, Math.Round(median, 2), Math.Round(sorted[0], 2), Math.Round(sorted[^1], 2),
            Math.Round(result.ProcessorMilliseconds, 2), Math.Round(plan.Batch * plan.Length * 1000 / median, 1), Math.Round(result.PeakBytes / 1e6, 1), result.LastLoss);
    }

    public override string ToString() =>
        $"{Model}, {Precision}, {Batch} x {Length}: {MedianMs} ms a step (median; {MinMs} to {MaxMs}), {TokensPerSecond} tokens a second, {PeakMb} MB at most";
}
