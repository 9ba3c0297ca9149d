using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using PeftStudio.Jobs;
using PeftStudio.Migrations;
using PeftStudio.Storage;

namespace PeftStudio.Worker.Commands;

/// <summary><c>worker --device D --threads N --connection C --backbones DIR.. --tasks DIR..</c>: runs trials until it is told to stop. What is not given comes from appsettings.json and the environment.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var device = new Option<string?>("--device") { Description = "cpu, cuda:0, ..." };
        var threads = new Option<int?>("--threads") { Description = "threads of libtorch; part of what bits depend on" };
        var connection = new Option<string?>("--connection") { Description = "connection string of the studio's PostgreSQL" };
        var backbones = new Option<string[]>("--backbones") { Description = "folders with backbones", AllowMultipleArgumentsPerToken = true };
        var tasks = new Option<string[]>("--tasks") { Description = "folders with tasks", AllowMultipleArgumentsPerToken = true };
        var command = new Command("worker", "a worker that runs trials and makes exports until it is stopped") { device, threads, connection, backbones, tasks };
        command.Run(async (parsed, cancellationToken) =>
        {
            var settings = WorkerSettings.Read(
                parsed.GetValue(device), parsed.GetValue(threads), parsed.GetValue(connection), parsed.GetValue(backbones), parsed.GetValue(tasks));
            // The token is cancelled by SIGINT and SIGTERM. A preempted worker puts its trial back; that is no attempt.
            await RunAsync(settings, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(WorkerSettings settings, CancellationToken stopping)
    {
        using var logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(options => (options.SingleLine, options.TimestampFormat) = (true, "HH:mm:ss ")));
        var time = TimeProvider.System;
        await using var database = new StudioDatabase(settings.RequiredConnection, time);
        await MigrateAsync(database, logs.CreateLogger<TrialWorker>(), time, stopping);

        using var executor = new TrainingExecutor(new AssetFolders(settings.BackboneFolders, settings.TaskFolders), settings.Device, settings.Threads);
        // Host, process and start: an id that no other process ever had.
        var node = $"{Environment.MachineName}-{Environment.ProcessId}-{time.GetUtcNow():yyyyMMddHHmmssfff}";
        var profile = new WorkerProfile(node, Environment.MachineName, Environment.ProcessId, settings.Device, settings.Threads, executor.NumericProfile);
        await new TrialWorker(database, profile, new ClusterOptions(database.ConnectionString, node), executor, executor, time, logs).RunAsync(stopping);
    }

    /// <summary>Waits for a database that is not there yet.</summary>
    private static async Task MigrateAsync(StudioDatabase database, ILogger log, TimeProvider time, CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
            try
            {
                await Migrator.MigrateAsync(database, stopping);
                return;
            }
            catch (Exception error) when (StudioDatabase.IsDatabase(error))
            {
                log.LogWarning("the database cannot be reached yet ({Reason}); trying again", error.Message);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(failures, 10)), time, stopping);
            }
    }
}

/// <summary>A worker's settings: the command line's, else the section <c>Studio</c> of appsettings.json and the environment.</summary>
internal sealed record WorkerSettings(string Device, int Threads, string? Connection, IReadOnlyList<string> BackboneFolders, IReadOnlyList<string> TaskFolders)
{
    public string RequiredConnection => Connection ?? throw new ArgumentException("no connection string: give --connection, or set ConnectionStrings__Studio (./studio does)");

    public static WorkerSettings Read(string? device, int? threads, string? connection, string[]? backbones, string[]? tasks)
    {
        var root = Environment.GetEnvironmentVariable("PEFTSTUDIO_ROOT") ?? Directory.GetCurrentDirectory();
        var configuration = new ConfigurationBuilder().AddJsonFile(Path.Join(root, "appsettings.json"), optional: true).AddEnvironmentVariables().Build();
        var section = configuration.GetSection("Studio");
        var found = connection ?? configuration.GetConnectionString("Studio");
        var count = threads ?? section.GetValue("ThreadsPerWorker", 1);
        return new WorkerSettings(
            device ?? section["Device"] ?? "cpu",
            count >= 1 ? count : throw new ArgumentException($"{count} threads; at least 1"),
            string.IsNullOrWhiteSpace(found) ? null : found,
            Folders(backbones, section, "BackboneFolders", root),
            Folders(tasks, section, "TaskFolders", root));
    }

    private static string[] Folders(string[]? given, IConfigurationSection section, string key, string root) =>
        given is { Length: > 0 } ? [.. given.Select(Path.GetFullPath)] : [.. (section.GetSection(key).Get<string[]>() ?? []).Select(folder => Path.GetFullPath(folder, root))];
}
