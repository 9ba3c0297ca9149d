using System.Diagnostics;
using System.Globalization;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Jobs;
using PeftStudio.Migrations;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Tests;

namespace PeftStudio.Worker.Tests;

/// <summary>The real worker process on the sample backbone and a sample task: trials that train.</summary>
public sealed class WorkerCommandTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string Backbone = Path.Combine(Folders.Repository, "samples", "backbones", "sample");
    private static readonly string Task = Path.Combine(Folders.Repository, "samples", "tasks", "sentiment");

    [Fact]
    public async Task It_runs_a_study_and_leaves_when_asked_to()
    {
        await using var database = new StudioDatabase(PostgresFixture.NewDatabase(), TimeProvider.System);
        await Migrator.MigrateAsync(database, None);
        await using var jobs = await StudioJobs.OpenAsync(database, "web", TimeProvider.System, None);
        using var worker = Start("--connection", database.ConnectionString, "--backbones", Backbone, "--tasks", Path.GetDirectoryName(Task) ?? "");
        try
        {
            var id = await jobs.Commands.CreateAsync(Plan, Assets(), "anna", None);
            await UntilOverAsync(database, id, worker);

            await using var context = database.Open();
            var view = (await StudyOverview.ReadAsync(context, id, None)).ShouldNotBeNull();
            view.State.ShouldBe(StudyState.Completed);
            view.NumericProfile.ShouldNotBeNull().ShouldContain("libtorch");
            var final = (await FinalTableQuery.ReadAsync(context, id, None)).ShouldNotBeNull();
            final.Rows[0].N.ShouldBe(2);

            var adapters = await FinalAdapters.ReadAsync(context, id, None);
            adapters.Count.ShouldBe(2);
            var best = (await AdapterStore.ReadAsync(context, adapters.Single(adapter => adapter.Best).TrialId, None)).ShouldNotBeNull();
            var manifest = AdapterJson.Read(best.Manifest, "adapter.json");
            manifest.Scores.Dev.ShouldNotBeNull().Score.ShouldBe(final.Adapters[0].DevScore);
            manifest.Versions.NumericProfile.ShouldBe(view.NumericProfile);
            best.Safetensors.Length.ShouldBeGreaterThan(1000);

            var trial = (await TrialDetail.ReadAsync(context, best.TrialId, None)).ShouldNotBeNull();
            trial.Curve.Count.ShouldBe(2);
            trial.Log.ShouldContain(line => line.Text.StartsWith("epoch 2 of 2: loss"));
        }
        finally
        {
            await StopAsync(worker);
        }
        worker.ExitCode.ShouldBe(0);
        await using var after = database.Open();
        (await WorkerList.ReadAsync(after, None)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Stopped);
    }

    [Fact]
    public async Task Without_a_database_it_says_what_to_give()
    {
        using var worker = Start("--connection", "");
        await worker.WaitForExitAsync(None);
        worker.ExitCode.ShouldBe(1);
        (await worker.StandardError.ReadToEndAsync(None)).ShouldContain("give --connection, or set ConnectionStrings__Studio");
    }

    private static readonly StudyPlan Plan = new()
    {
        Name = "one design",
        Backbone = "sample",
        Tasks = ["sentiment"],
        Space = null,
        Design = new(LayerPattern.Uniform, [new LayerGrouping([6, 6])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet(["lora"]), new MethodSet(["bitfit"])]),
        Budget = new(percent: 1),
        Final = new() { Seeds = 2, Epochs = 2, RowsPerTask = 64 },
        Training = new() { MaxLength = 32 },
    };

    private static StudyAssets Assets()
    {
        using var checkpoint = SafetensorsCheckpoint.Open(Backbone);
        var config = BackboneConfig.FromFolder(Backbone);
        var identity = BackboneIdentity.Of(checkpoint, config.ModelType);
        var task = TaskFolder.Open(Task);
        return new(
            new("sample", identity.Hash, config.Shape() with { Parameters = identity.Parameters }),
            [new("sentiment", task.Hash(), task.Definition.LabelNames, task.Definition.MetricNames, task.ReadTrain(skipBadRows: false).Rows.Count, task.ReadDev(skipBadRows: false).Rows.Count)]);
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "PeftStudio.Worker.dll"), "worker", .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment.Remove("ConnectionStrings__Studio");
        return Process.Start(start) ?? throw new InvalidOperationException("the worker did not start");
    }

    private static async Task UntilOverAsync(StudioDatabase database, int id, Process worker)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began).TotalSeconds < 180;)
        {
            if (worker.HasExited)
                throw new InvalidOperationException($"the worker ended with {worker.ExitCode}: {await worker.StandardError.ReadToEndAsync(None)}");
            await using var context = database.Open();
            var view = (await StudyOverview.ReadAsync(context, id, None)).ShouldNotBeNull();
            if (view.State is StudyState.Completed or StudyState.Held)
                return;
            await System.Threading.Tasks.Task.Delay(200, None);
        }
        throw new TimeoutException("the study did not end within three minutes");
    }

    private static async Task StopAsync(Process worker)
    {
        if (worker.HasExited)
            return;
        using (var kill = Process.Start("kill", ["-TERM", worker.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(None);
        await worker.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(40)).Token);
    }
}
