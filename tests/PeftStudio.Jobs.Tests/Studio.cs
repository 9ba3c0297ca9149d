using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using PeftStudio.Migrations;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;
using PeftStudio.TestWorker;

namespace PeftStudio.Jobs.Tests;

/// <summary>A migrated database of its own, the web's side of the jobs, and workers in this process or in processes of their own.</summary>
internal sealed class Studio : IAsyncDisposable
{
    private readonly List<(Task Run, CancellationTokenSource Stop)> workers = [];
    private readonly List<Process> processes = [];
    private int nodes;

    private Studio(StudioDatabase database, StudioJobs jobs)
    {
        Database = database;
        Jobs = jobs;
    }

    public StudioDatabase Database { get; }

    public StudioJobs Jobs { get; private set; }

    public static async Task<Studio> OpenAsync()
    {
        var database = new StudioDatabase(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(database, CancellationToken.None);
        return new(database, await StudioJobs.OpenAsync(database, "web-0", TimeProvider.System, CancellationToken.None));
    }

    /// <summary>A worker inside this process; the answer stops it as SIGTERM would.</summary>
    public Func<Task> StartWorker(ITrialExecutor? executor = null, string numeric = "test", IAdapterExporter? exporter = null)
    {
        var node = NodeId();
        var stop = new CancellationTokenSource();
        var worker = new TrialWorker(Database, new(node, "test", Environment.ProcessId, "cpu", 1, numeric), Cluster(node), executor ?? MiniStudy.Executor(), exporter ?? new ByteExporter(), TimeProvider.System, NullLoggerFactory.Instance);
        var run = Task.Run(() => worker.RunAsync(stop.Token));
        workers.Add((run, stop));
        return async () =>
        {
            await stop.CancelAsync();
            await run;
            workers.RemoveAll(worker => worker.Run == run);
            stop.Dispose();
        };
    }

    /// <summary>A worker in a process of its own, to be killed.</summary>
    public Process StartProcess(int millisecondsAnEpoch, string? fault = null)
    {
        var program = typeof(HashExecutor).Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", program, Database.ConnectionString, NodeId(), millisecondsAnEpoch.ToString(CultureInfo.InvariantCulture), MiniStudy.BackboneHash, MiniStudy.TaskHash])
            start.ArgumentList.Add(argument);
        if (fault is not null)
            start.Environment["PEFTSTUDIO_FAULT"] = fault;
        var process = Process.Start(start) ?? throw new InvalidOperationException("the worker process did not start");
        process.OutputDataReceived += (_, line) => TestContext.Current.SendDiagnosticMessage("{0}", line.Data ?? "");
        process.ErrorDataReceived += (_, line) => TestContext.Current.SendDiagnosticMessage("{0}", line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        processes.Add(process);
        return process;
    }

    public Task<int> CreateAsync(StudyPlan? plan = null) => Jobs.Commands.CreateAsync(plan ?? MiniStudy.Plan(), MiniStudy.Assets, "anna", CancellationToken.None);

    public async Task UntilAsync(Func<StudioContext, Task<bool>> condition, int seconds = 90)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            await using (var context = Database.Open())
                if (await condition(context))
                    return;
            foreach (var (run, _) in workers.Where(worker => worker.Run.IsFaulted))
                await run;
            if (Stopwatch.GetElapsedTime(began).TotalSeconds > seconds)
                throw new TimeoutException($"not within {seconds} s:\n{await DescribeAsync()}");
            await Task.Delay(50);
        }
    }

    public Task UntilOverAsync(int studyId) => UntilAsync(async context => (await context.Studies.FindAsync(studyId))!.IsOver);

    /// <summary>The results without what differs between two runs.</summary>
    public async Task<string> ResultsAsync(int studyId)
    {
        await using var context = Database.Open();
        var results = await StudyResultsFile.ReadAsync(context, studyId, "test", CancellationToken.None);
        return CanonicalJson.Write(results.ShouldNotBeNull().WithoutRun());
    }

    /// <summary>The web process goes and another one comes.</summary>
    public async Task RestartWebAsync()
    {
        await Jobs.DisposeAsync();
        Jobs = await StudioJobs.OpenAsync(Database, NodeId(), TimeProvider.System, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        foreach (var (run, stop) in workers)
        {
            await stop.CancelAsync();
            await run;
            stop.Dispose();
        }
        await Jobs.DisposeAsync();
        await Database.DisposeAsync();
    }

    private string NodeId() => string.Create(CultureInfo.InvariantCulture, $"node-{++nodes}");

    private ClusterOptions Cluster(string node) => new(Database.ConnectionString, node, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

    private async Task<string> DescribeAsync()
    {
        await using var context = Database.Open();
        return string.Join("\n", context.Events.Where(line => line.Kind != EventKind.Log).OrderByDescending(line => line.Id).Take(25).AsEnumerable().Reverse().Select(line => $"{line.At:HH:mm:ss.fff} {line.Kind} trial {line.TrialId}: {line.Text}"))
            + "\nqueued: " + string.Join(",", await Jobs.Queue.ReadAsync(CancellationToken.None));
    }
}
