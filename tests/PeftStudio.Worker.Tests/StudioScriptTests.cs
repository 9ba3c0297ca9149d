using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using PeftStudio.Jobs;
using PeftStudio.Tests;

namespace PeftStudio.Worker.Tests;

/// <summary>The script's own part of a command, in a checkout that installs and builds nothing and whose <c>dotnet</c> only says what it was called with.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class StudioScriptTests : IDisposable
{
    private readonly TempFolder files = new();

    public StudioScriptTests()
    {
        foreach (var file in (string[])["studio", "appsettings.json", .. Directory.GetFiles(Path.Join(Folders.Repository, "scripts")).Select(path => Path.Join("scripts", Path.GetFileName(path)))])
        {
            var copy = Path.Join(files.Path, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? files.Path);
            File.Copy(Path.Join(Folders.Repository, file), copy);
        }
        File.WriteAllText(Path.Join(files.Path, "scripts", "packages.sh"), "ensure_packages() { :; }\n");
        File.AppendAllText(Path.Join(files.Path, "scripts", "build.sh"), "ensure_build() { :; }\n");
        File.AppendAllText(Path.Join(files.Path, "scripts", "processes.sh"), "ensure_running() { :; }\n");
        var dotnet = Path.Join(files.Path, "dotnet");
        File.WriteAllText(dotnet, """
            #!/bin/sh
            shift; printf '%s\n' "$@"

            """);
        File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("worker")]
    [InlineData("probe")]
    public async Task A_database_that_is_named_takes_the_place_of_the_studios_own(string command)
    {
        (await ArgumentsAsync(command, "--device", "cpu")).ShouldBe([command, "--connection", "Host=here", "--device", "cpu"]);
        (await ArgumentsAsync(command, "--device", "cpu", "--connection", "Host=there;Username=a b")).ShouldBe([command, "--device", "cpu", "--connection", "Host=there;Username=a b"]);
        (await ArgumentsAsync(command, "--connection=Host=there")).ShouldBe([command, "--connection=Host=there"]);
        (await ArgumentsAsync(command)).ShouldBe([command, "--connection", "Host=here"]);
    }

    [Fact]
    public async Task A_worker_has_time_to_put_its_trial_back()
    {
        var (code, output, error) = await StopAsync("", "sleep 11; echo put back >ended; exit 0");
        (code, output.Trim()).ShouldBe((0, "put back"), error);
        error.ShouldContain("waiting for worker-1");
    }

    [Fact]
    public async Task A_worker_that_takes_longer_is_killed_and_named()
    {
        var (code, output, error) = await StopAsync("LONGEST_END=1", "while :; do sleep 1; done");
        (code, output.Trim()).ShouldBe((0, "nothing"), error);
        error.ShouldContain("worker-1 did not end within 1 s and was killed");
    }

    [Fact]
    public void Whoever_stops_a_worker_waits_longer_than_it_allows_itself()
    {
        Seconds(LongestEnd(), Path.Join("scripts", "processes.sh")).ShouldBeGreaterThan(TrialWorker.LongestEnd.TotalSeconds);
        Seconds(GracePeriod(), "compose.yaml").ShouldBeGreaterThan(TrialWorker.LongestEnd.TotalSeconds);
    }

    private static double Seconds(Regex line, string file) => int.Parse(line.Match(File.ReadAllText(Path.Join(Folders.Repository, file))).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^LONGEST_END=([0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex LongestEnd();

    [GeneratedRegex("^ *stop_grace_period: ([0-9]+)s$", RegexOptions.Multiline)]
    private static partial Regex GracePeriod();

    private async Task<string[]> ArgumentsAsync(params string[] arguments)
    {
        var (code, output, error) = await BashAsync([Path.Join(files.Path, "studio"), .. arguments]);
        code.ShouldBe(0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A supervised stand-in for a worker is started and stopped; what it left is printed.</summary>
    /// <param name="setting">of the script, after it was read.</param>
    /// <param name="onTerm">what the stand-in does when it is asked to stop.</param>
    private Task<(int Code, string Output, string Error)> StopAsync(string setting, string onTerm) => BashAsync("-c", $$"""
        set -euo pipefail
        cd "{{files.Path}}"
        say() { printf '%s\n' "$*" >&2; }
        stop_postgres() { :; }
        DATA=$PWD
        mkdir -p run logs
        . scripts/processes.sh
        {{setting}}
        launch worker-1 bash -c 'trap "{{onTerm}}" TERM; echo ready >ready; while :; do sleep 0.1; done'
        until [ -e ready ]; do sleep 0.1; done
        stop_all
        cat ended 2>/dev/null || echo nothing
        """);

    private async Task<(int Code, string Output, string Error)> BashAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["PATH"] = files.Path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        start.Environment["ConnectionStrings__Studio"] = "Host=here";
        start.Environment["Studio__DataFolder"] = Path.Join(files.Path, "data");
        using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
