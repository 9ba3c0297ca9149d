using System.Diagnostics;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Jobs;
using PeftStudio.Migrations;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Tests;
using PeftStudio.Training;

namespace PeftStudio.Worker.Tests;

/// <summary>
/// A whole search with real training in real worker processes on a tiny backbone: byte-identical with one worker, with two, and with one killed in the middle; and what is
/// downloaded gives the stored scores again.
/// </summary>
public sealed class WholeSearchTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("peftstudio-search-");
    private readonly string backbones;
    private readonly string tasks;

    public WholeSearchTests()
    {
        backbones = Path.GetDirectoryName(TinyAssets.WriteBackbone(root.CreateSubdirectory("backbones"), layers: 4))!;
        tasks = Path.GetDirectoryName(TinyAssets.WriteTask(root.CreateSubdirectory("tasks"), "opinions", regression: false))!;
        TinyAssets.WriteTask(new DirectoryInfo(tasks), "scores", regression: true);
    }

    [Fact]
    public async Task One_worker_two_workers_and_a_killed_worker_find_the_same_bytes()
    {
        var one = await SearchAsync(workers: 1, kill: false);
        var two = await SearchAsync(workers: 2, kill: false);
        var killed = await SearchAsync(workers: 2, kill: true);
        two.Results.ShouldBe(one.Results);
        killed.Results.ShouldBe(one.Results);
        killed.LostAttempts.ShouldBeGreaterThan(0, "the kill hit no running trial, so that nothing was shown");
    }

    public void Dispose() => root.Delete(recursive: true);

    private async Task<(string Results, int LostAttempts)> SearchAsync(int workers, bool kill)
    {
        await using var database = new StudioDatabase(PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(database, None);
        await using var jobs = await StudioJobs.OpenAsync(database, "web", TimeProvider.System, None);
        var id = await jobs.Commands.CreateAsync(Plan, Assets(), "anna", None);
        var running = Enumerable.Range(0, workers).Select(_ => Start(database.ConnectionString)).ToList();
        try
        {
            if (kill)
                await KillInTheMiddleAsync(database, id, running);
            await UntilCompletedAsync(database, id);
        }
        finally
        {
            foreach (var worker in running)
            {
                worker.Kill();
                await worker.WaitForExitAsync(None);
                worker.Dispose();
            }
        }
        await using var context = database.Open();
        await CheckAdaptersAsync(context, id);
        var results = (await StudyResultsFile.ReadAsync(context, id, "test", None)).ShouldNotBeNull();
        var events = await EventList.ReadAsync(context, id, null, 1000, None);
        return (CanonicalJson.Write(results.WithoutRun()), events.Count(entry => entry.Kind.ToString() == "AttemptLost"));
    }

    // Not before a third of the trials, and while that worker runs one.
    private static async Task KillInTheMiddleAsync(StudioDatabase database, int id, List<Process> running)
    {
        while (true)
        {
            await using var context = database.Open();
            var view = (await StudyOverview.ReadAsync(context, id, None)).ShouldNotBeNull();
            var victim = running[0];
            if (view.Trials.Completed > view.Trials.Planned / 3
                && view.Running.Any(trial => trial.WorkerId.Contains($"-{victim.Id}-", StringComparison.Ordinal)))
            {
                victim.Kill(); // SIGKILL
                await victim.WaitForExitAsync(None);
                running.RemoveAt(0);
                return;
            }
            view.State.ShouldBe(StudyState.Running);
            await Task.Delay(20, None);
        }
    }

    private static async Task UntilCompletedAsync(StudioDatabase database, int id)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began).TotalMinutes < 6;)
        {
            await using var context = database.Open();
            var view = (await StudyOverview.ReadAsync(context, id, None)).ShouldNotBeNull();
            if (view.State == StudyState.Completed)
            {
                view.Trials.Completed.ShouldBe(view.Trials.Known);
                return;
            }
            view.State.ShouldBe(StudyState.Running, view.Reason);
            await Task.Delay(100, None);
        }
        throw new TimeoutException("the study did not complete");
    }

    // From the files alone, as ./studio predict does.
    private async Task CheckAdaptersAsync(StudioContext context, int id)
    {
        var best = (await FinalAdapters.ReadAsync(context, id, None)).Where(adapter => adapter is { ChoiceIndex: 0, Best: true }).ToList();
        best.Select(adapter => adapter.Task).ShouldBe(["opinions", "scores"], ignoreOrder: true);
        foreach (var adapter in best)
        {
            var files = (await AdapterStore.ReadAsync(context, adapter.TrialId, None)).ShouldNotBeNull();
            var folder = Path.Combine(root.FullName, $"adapter-{Guid.NewGuid():N}");
            AdapterFolder.Write(folder, files.Manifest, files.Safetensors);
            using var prediction = AdapterPrediction.Open(Path.Combine(backbones, "tiny"), folder, TorchSharp.torch.CPU);
            var rows = TaskFile.ReadUnscored(prediction.Task, Path.Combine(tasks, adapter.Task, "dev.tsv"));
            var (_, score) = prediction.Predict(rows, None);
            score.ShouldNotBeNull().ShouldBe(prediction.Manifest.Scores.Dev);
            score.Score.ShouldBe(adapter.DevScore.ShouldNotBeNull());
        }
    }

    private static readonly StudyPlan Plan = new()
    {
        Name = "tiny search",
        Backbone = "tiny",
        Tasks = ["opinions", "scores"],
        Seed = 5,
        Space = new SpacePlan { Groups = 2, Groupings = [LayerPattern.Uniform, LayerPattern.Increasing], Allocations = [AllocationPattern.Uniform, AllocationPattern.Decreasing], TunableGroups = [[1, 2], [2]], Methods = ["adapter", "lora"] },
        Budget = new Budget(percent: 10),
        Compute = new ComputePlan { SamplesPerChoice = 2, StartSamples = 2, Epochs = 2, RowsPerTask = 48 },
        Final = new FinalPlan { Seeds = 2, Epochs = 3 },
        Training = new TrainingPlan { BatchSize = 8, MaxLength = 16, Rate = 5e-3 },
    };

    private StudyAssets Assets()
    {
        var folder = Path.Combine(backbones, "tiny");
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        var config = BackboneConfig.FromFolder(folder);
        var identity = BackboneIdentity.Of(checkpoint, config.ModelType);
        return new StudyAssets(
            new BackboneAsset("tiny", identity.Hash, config.Shape() with { Parameters = identity.Parameters }),
            Plan.Tasks.Select(name => TaskFolder.Open(Path.Combine(tasks, name)))
                .Select(task => new TaskAsset(task.Definition.Name, task.Hash(), task.Definition.LabelNames, task.Definition.MetricNames, task.ReadTrain().Rows.Count, task.ReadDev().Rows.Count))
                .ToValueList());
    }

    private Process Start(string connection)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "PeftStudio.Worker.dll"), "worker", "--connection", connection, "--backbones", backbones, "--tasks", tasks])
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException("the worker did not start");
    }
}
