using System.Diagnostics;
using System.Globalization;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>One process of the studio. Its last lines are kept for a failing test to show.</summary>
internal sealed class StudioProcess : IAsyncDisposable
{
    private const int MostLines = 60;

    private readonly Process process;
    private readonly Queue<string> lines = new();

    public StudioProcess(string name, string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Prepend(assembly))
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public bool HasEnded => process.HasExited;

    public string Tail
    {
        get
        {
            lock (lines)
                return string.Join('\n', lines) + (process.HasExited ? string.Create(CultureInfo.InvariantCulture, $"\n(ended with {process.ExitCode})") : "");
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>its exit code</returns>
    public async Task<int> EndAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Asks it to end, as an operator does, and insists after a while.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using (var ask = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await ask.WaitForExitAsync(CancellationToken.None);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > MostLines)
                lines.Dequeue();
        }
    }
}
