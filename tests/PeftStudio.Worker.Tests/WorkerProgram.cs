using System.Diagnostics;

namespace PeftStudio.Worker.Tests;

/// <summary>The worker's program as a process of its own, run to its end.</summary>
internal static class WorkerProgram
{
    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    /// <param name="settings">variables of the program's environment</param>
    /// <param name="arguments">its command and options</param>
    public static async Task<(int Code, string Output, string Error)> RunWithAsync(Dictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "PeftStudio.Worker.dll"), .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the program did not start");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
