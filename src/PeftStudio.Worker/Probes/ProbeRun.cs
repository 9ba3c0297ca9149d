using System.Diagnostics;
using System.Globalization;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Training;

namespace PeftStudio.Worker.Probes;

/// <summary>Runs a trial in a process of its own, so that its peak is its own: this very program, with the command <c>trial</c>.</summary>
internal sealed record ProbeRun(string BackboneFolder, string Device, int Threads)
{
    private const int Killed = 128 + 9;

    public bool IsOnProcessor => Device == "cpu";

    /// <exception cref="ProbeFailedException">The trial ended with an error, as one does that finds too little memory.</exception>
    public async Task<MeasuredTrial> RunAsync(TrialPlan plan, string taskFolder, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("peftstudio-probe-");
        try
        {
            var (planFile, costFile) = (Path.Join(folder.FullName, "plan.json"), Path.Join(folder.FullName, "cost.json"));
            await File.WriteAllTextAsync(planFile, CanonicalJson.Write(plan), cancellationToken);
            using var process = Start(planFile, taskFolder, costFile);
            try
            {
                var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
                await process.WaitForExitAsync(cancellationToken);
                await output;
                if (process.ExitCode != 0)
                    throw new ProbeFailedException((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(line => !line.StartsWith("step ", StringComparison.Ordinal))
                        ?? string.Create(CultureInfo.InvariantCulture, $"it ended with code {process.ExitCode}{(process.ExitCode == Killed ? ", as a process does that the system ends for its memory" : "")}"));
                return CanonicalJson.Read<MeasuredTrial>(await File.ReadAllTextAsync(costFile, cancellationToken));
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Process Start(string plan, string task, string cost)
    {
        // The dotnet that runs this process, where it is one.
        var host = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        var start = new ProcessStartInfo(host) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", typeof(ProbeRun).Assembly.Location, "trial", plan, "--backbone", BackboneFolder, "--task", task, "--device", Device, "--threads", Threads.ToString(CultureInfo.InvariantCulture), "--measured", cost])
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
    }
}

internal sealed class ProbeFailedException(string message) : Exception(message);
