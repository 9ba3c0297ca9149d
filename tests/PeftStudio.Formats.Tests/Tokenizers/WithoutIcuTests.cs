using System.Diagnostics;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class WithoutIcuTests
{
    /// <summary>The reference rows once more, in a process that runs as where ICU is absent: ids must not depend on it.</summary>
    [Fact]
    public async Task Ids_do_not_depend_on_ICU()
    {
        Folders.RequireShared("goldens", "tokenizers");
        var program = Path.Combine(AppContext.BaseDirectory, "PeftStudio.Formats.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, ["-class", typeof(TokenizerGoldenTests).FullName ?? "", "-class", typeof(TokenizerRulesTests).FullName ?? "", "-class", typeof(UnigramTests).FullName ?? "", "-noColor"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" },
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException(program);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, output);
        output.ShouldContain("Failed: 0", customMessage: output);
    }
}
