using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using PeftStudio.Tests;

namespace PeftStudio.Jobs.Tests;

/// <summary>What exports that died left among the temporary folders.</summary>
public sealed class ExportFolderTests
{
    [Theory]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(IOException))]
    public void What_is_another_users_is_named_and_stays_and_the_rest_goes(Type error)
    {
        using var root = new TempFolder();
        var (gone, log) = (Gone(), new Lines());
        string Left(string name) => root[string.Create(CultureInfo.InvariantCulture, $"peftstudio-export-{gone}-{name}")];
        foreach (var name in new[] { "a", "b", "c" })
            root.Write(Path.Join(Left(name), "file"), "x");
        ExportFolder.RemoveLeft(root.Path, left =>
        {
            if (left == Left("b"))
                throw (Exception)Activator.CreateInstance(error, "Permission denied")!;
            Remove(left);
        }, log);
        Directory.GetDirectories(root.Path).ShouldBe([Left("b")]);
        log.Written.ShouldHaveSingleItem().ShouldBe($"{Left("b")} was left by an export that died, and this worker cannot remove it (Permission denied); remove it by hand");
        ExportFolder.RemoveLeft(root.Path, Remove, log);
        Directory.GetDirectories(root.Path).ShouldBeEmpty();
        log.Written.Count.ShouldBe(1);
    }

    [Fact]
    public void What_a_living_process_has_stays()
    {
        using var root = new TempFolder();
        using var other = Process.Start("sleep", "60");
        try
        {
            root.Write(string.Create(CultureInfo.InvariantCulture, $"peftstudio-export-{other.Id}-a/file"), "x");
            root.Write("peftstudio-export-mine/file", "x");
            ExportFolder.RemoveLeft(root.Path, Remove, new Lines());
            Directory.GetFiles(root.Path, "*", SearchOption.AllDirectories).Length.ShouldBe(2);
        }
        finally
        {
            other.Kill();
        }
    }

    private static void Remove(string folder) => Directory.Delete(folder, recursive: true);

    private static int Gone()
    {
        using var process = Process.Start("true");
        process.WaitForExit();
        return process.Id;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Add(formatter(state, exception));
    }
}
