using System.Globalization;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;
using PeftStudio.TestWorker;

namespace PeftStudio.Jobs.Tests;

public sealed class ExportTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task What_was_asked_for_is_made_compared_and_stored_once()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        (await studio.Jobs.Exports.AskAsync(key, "anna", None)).ShouldBe(CommandAnswer.Done);
        (await studio.Jobs.Exports.AskAsync(key, "bert", None)).ShouldBe(CommandAnswer.Done);
        await using var context = studio.Database.Open();
        (await QueueList.ReadAsync(context, 0, 1, None)).Exports.ShouldHaveSingleItem().AskedBy.ShouldBe("anna");
        studio.StartWorker();
        var made = await UntilOverAsync(studio, key);
        made.State.ShouldBe(ExportState.Ready);
        made.Report.ShouldBe("the report of Peft over tiny, from 3 bytes");
        (await studio.Jobs.Exports.AskAsync(key, "anna", None)).ShouldBe(CommandAnswer.Done);

        (await ReadAsync(context, key, made)).ShouldBe(ByteExporter.BytesOf(ExportLayout.Peft));
        made.Bytes.ShouldBe(ByteExporter.BytesOf(ExportLayout.Peft).Length);
        (await Events(context, key)).ShouldBe([EventKind.ExportAsked, EventKind.ExportMade]);
        (await QueueList.ReadAsync(context, 0, 1, None)).Exports.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_keeps_its_reason_and_no_archive()
    {
        await using var studio = await Studio.OpenAsync();
        var key = (await AdapterAsync(studio)) with { Layout = ExportLayout.Merged };
        studio.StartWorker();
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var refused = await UntilOverAsync(studio, key);
        (refused.State, refused.Reason, refused.Report, refused.Bytes).ShouldBe((ExportState.Refused, "a bottleneck is not linear", null, null));
        await using var context = studio.Database.Open();
        (await context.ExportChunks.CountAsync()).ShouldBe(0);
        (await Events(context, key)).ShouldBe([EventKind.ExportAsked, EventKind.ExportRefused]);
    }

    [Fact]
    public async Task What_failed_is_named_and_can_be_tried_again()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        var (full, rest) = (true, new ByteExporter());
        studio.StartWorker(exporter: new ScriptedExporter((order, folder) => Volatile.Read(ref full) ? throw new IOException("No space left on device") : rest.Export(order, folder)));
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var failed = await UntilOverAsync(studio, key);
        (failed.State, failed.Reason).ShouldBe((ExportState.Failed, "No space left on device"));
        Volatile.Write(ref full, false);
        await UntilNoJobAsync(studio);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var made = await UntilOverAsync(studio, key);
        (made.State, made.Reason).ShouldBe((ExportState.Ready, null));
        await using var context = studio.Database.Open();
        (await Events(context, key)).ShouldBe([EventKind.ExportAsked, EventKind.ExportFailed, EventKind.ExportAsked, EventKind.ExportMade]);
    }

    [Fact]
    public async Task An_archive_that_cannot_be_stored_fails_it_at_once()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        studio.StartWorker(exporter: new ScriptedExporter((_, folder) => new ExportOutcome.Made("a report", Path.Join(folder, "absent.zip"))));
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var failed = await UntilOverAsync(studio, key);
        failed.State.ShouldBe(ExportState.Failed);
        failed.Reason.ShouldNotBeNull().ShouldContain("absent.zip");
    }

    [Fact]
    public async Task An_archive_that_is_too_long_for_the_database_is_refused_with_the_remedy()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        studio.StartWorker(exporter: new ScriptedExporter((_, folder) =>
        {
            using var hollow = File.Create(Path.Join(folder, "export.zip"));
            hollow.SetLength(ExportArchive.MostBytes + 1);
            return new ExportOutcome.Made("a report", hollow.Name);
        }));
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var refused = await UntilOverAsync(studio, key);
        refused.State.ShouldBe(ExportState.Refused);
        refused.Reason.ShouldNotBeNull().ShouldContain("./studio export --adapter DIR --backbone DIR --format peft --output DIR");
        Directory.GetDirectories(Path.GetTempPath(), $"peftstudio-export-{Environment.ProcessId}-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_adapter_there_is_nothing_to_export()
    {
        await using var studio = await Studio.OpenAsync();
        await studio.CreateAsync();
        await using var context = studio.Database.Open();
        var trial = await context.Trials.OrderBy(row => row.Id).Select(row => row.Id).FirstAsync();
        (await studio.Jobs.Exports.AskAsync(new(trial, ExportLayout.Peft), "anna", None)).Reason.ShouldContain($"trial {trial} has no stored adapter");
        (await studio.Jobs.Exports.AskAsync(new(999, ExportLayout.Peft), "anna", None)).ShouldBe(CommandAnswer.NotFound);
    }

    [Fact]
    public async Task A_backbone_that_no_worker_has_fails_it_with_the_remedy_and_one_that_is_back_makes_it()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        var executor = new ScriptedExecutor((_, _) => null);
        var complete = executor.Assets;
        executor.Assets = complete with { Backbones = [] };
        studio.StartWorker(executor);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var failed = await UntilOverAsync(studio, key);
        (failed.State, failed.Reason).ShouldBe((ExportState.Failed, "no worker has the backbone tiny (b0) any more; put its folder where a worker reads backbones, and try again"));
        executor.Assets = complete;
        await UntilNoJobAsync(studio);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        (await UntilOverAsync(studio, key)).State.ShouldBe(ExportState.Ready);
    }

    [Fact]
    public async Task A_worker_without_the_backbone_leaves_it_to_one_that_has_it()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        await new WorkerRows(studio.Database).RegisterAsync(now => new("elsewhere", "far", 1, "cpu", 1, "test", MiniStudy.Executor().FindAssets().Backbones, [], now), None);
        var executor = new ScriptedExecutor((_, _) => null);
        var complete = executor.Assets;
        executor.Assets = complete with { Backbones = [] };
        studio.StartWorker(executor);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        await studio.UntilAsync(context => context.Workers.AnyAsync(worker => worker.Lacks != null));
        await using var context = studio.Database.Open();
        (await context.Exports.AsNoTracking().SingleAsync()).State.ShouldBe(ExportState.Waiting);
        executor.Assets = complete;
        (await UntilOverAsync(studio, key)).State.ShouldBe(ExportState.Ready);
    }

    [Fact]
    public async Task An_export_goes_before_the_trials_that_wait()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        var later = await studio.CreateAsync(MiniStudy.Plan("later"));
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        studio.StartWorker(MiniStudy.Executor(50));
        await UntilOverAsync(studio, key);
        await studio.UntilOverAsync(later);
        await using var context = studio.Database.Open();
        var made = await context.Events.SingleAsync(line => line.Kind == EventKind.ExportMade);
        (await context.Events.Where(line => line.StudyId == later && line.Kind == EventKind.AttemptCompleted).MinAsync(line => line.Id)).ShouldBeGreaterThan(made.Id);
    }

    [Fact]
    public async Task A_zombies_late_export_is_refused_and_recorded()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var attempts = new ExportAttempts(studio.Database);
        WorkerNode Node(string id) => new(id, "test", 1, "cpu", 1, "test", MiniStudy.Executor().FindAssets().Backbones, [], DateTimeOffset.UnixEpoch);
        (await attempts.StartAsync(key, Node("zombie"), None)).ShouldBeOfType<ExportStart.Started>().Attempt.ShouldBe(1);
        (await attempts.StartAsync(key, Node("rescuer"), None)).ShouldBeOfType<ExportStart.Started>().Attempt.ShouldBe(2);
        using var folder = new PeftStudio.Tests.TempFolder();
        var (late, good) = (folder.Write("late.zip", "late"), folder.Write("good.zip", "good"));
        (await attempts.CompleteAsync(key, 1, "late", late, None)).ShouldBe(WriteAnswer.Refused);
        (await attempts.CompleteAsync(key, 2, "good", good, None)).ShouldBe(WriteAnswer.Accepted);
        (await attempts.CompleteAsync(key, 2, "good", good, None)).ShouldBe(WriteAnswer.AlreadyDone);
        (await attempts.FailAsync(key, 1, "late", None)).ShouldBe(WriteAnswer.Refused);
        (await attempts.StartAsync(key, Node("third"), None)).ShouldBeOfType<ExportStart.Over>();

        await using var context = studio.Database.Open();
        var made = (await ExportList.ReadAsync(context, [key.TrialId], None)).ShouldHaveSingleItem();
        (made.Report, made.WorkerId).ShouldBe(("good", "rescuer"));
        (await ReadAsync(context, key, made)).ShouldBe("good"u8.ToArray());
        (await Events(context, key)).Count(kind => kind == EventKind.LateWriteRefused).ShouldBe(2);
        await context.Database.ExecuteSqlAsync($"update export_chunks set content = 'bad!'");
        (await Should.ThrowAsync<InvalidDataException>(() => ReadAsync(context, key, made))).Message.ShouldContain("is damaged in the database");
    }

    [Fact]
    public async Task An_export_that_kills_its_worker_fails_after_three_attempts_and_may_be_asked_for_again()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        var attempts = new ExportAttempts(studio.Database);
        var node = new WorkerNode("w", "test", 1, "cpu", 1, "test", MiniStudy.Executor().FindAssets().Backbones, [], DateTimeOffset.UnixEpoch);
        for (var number = 1; number <= Export.MostTries; number++)
            (await attempts.StartAsync(key, node, None)).ShouldBeOfType<ExportStart.Started>().Attempt.ShouldBe(number);
        (await attempts.StartAsync(key, node, None)).ShouldBeOfType<ExportStart.Over>();
        (await UntilOverAsync(studio, key)).Reason.ShouldNotBeNull().ShouldStartWith("its worker was lost 3 times");
        (await studio.Jobs.Exports.AskAsync(key, "anna", None)).ShouldBe(CommandAnswer.Done);
        (await attempts.StartAsync(key, node, None)).ShouldBeOfType<ExportStart.Started>().Attempt.ShouldBe(4);
    }

    [Fact]
    public async Task Exports_that_lost_their_jobs_are_found_by_the_sweep()
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        await using var context = studio.Database.Open();
        // As if the process had died between the row and the job.
        var job = key.ToString();
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_simple_triggers where trigger_name in (select trigger_name from quartz.qrtz_triggers where job_name = {job})");
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_triggers where job_name = {job}");
        await context.Database.ExecuteSqlAsync($"delete from quartz.qrtz_job_details where job_name = {job}");
        await studio.Jobs.Sweep.RunAsync(None);
        await studio.Jobs.Sweep.RunAsync(None);
        (await JobsAsync(context)).ShouldBe(1);
        studio.StartWorker();
        (await UntilOverAsync(studio, key)).State.ShouldBe(ExportState.Ready);
    }

#if DEBUG // fault points are compiled out of Release
    [Theory]
    [InlineData(FaultPoint.BetweenExportAndCommit)]
    [InlineData(FaultPoint.BetweenExportAndJobRemoval)]
    public async Task A_killed_workers_export_is_made_again(FaultPoint point)
    {
        await using var studio = await Studio.OpenAsync();
        var key = await AdapterAsync(studio);
        var victim = studio.StartProcess(0, $"{point}:1");
        await studio.Jobs.Exports.AskAsync(key, "anna", None);
        await victim.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        victim.ExitCode.ShouldBe(128 + 9);
        studio.StartWorker();
        var made = await UntilOverAsync(studio, key);
        await UntilNoJobAsync(studio);
        await using var context = studio.Database.Open();
        (await ReadAsync(context, key, made)).ShouldBe(ByteExporter.BytesOf(ExportLayout.Peft));
        (await Events(context, key)).Count(kind => kind == EventKind.ExportMade).ShouldBe(1);
        Directory.GetDirectories(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"peftstudio-export-{victim.Id}-*")).ShouldBeEmpty("what the dead worker left is cleared away");
    }
#endif

    /// <summary>A completed trial with an adapter, made by a study of one step.</summary>
    private static async Task<ExportKey> AdapterAsync(Studio studio)
    {
        var id = await studio.CreateAsync();
        await using var context = studio.Database.Open();
        var trial = await context.Trials.Where(row => row.StudyId == id).OrderBy(row => row.Id).FirstAsync();
        var attempts = new TrialAttempts(studio.Database);
        var node = new WorkerNode("first", "test", 1, "cpu", 1, "test", MiniStudy.Executor().FindAssets().Backbones, MiniStudy.Executor().FindAssets().Tasks, DateTimeOffset.UnixEpoch);
        await attempts.StartAsync(trial.Id, node, None);
        var result = ((TrialOutcome.Completed)MiniStudy.Executor().Run(trial.Plan, new Progress<TrialProgress>(), None)).Result;
        (await attempts.CompleteAsync(trial.Id, 1, result, [1, 2, 3], "{}", None)).ShouldBe(WriteAnswer.Accepted);
        await studio.Jobs.Commands.CancelAsync(id, "anna", None);
        return new(trial.Id, ExportLayout.Peft);
    }

    private static async Task<ExportView> UntilOverAsync(Studio studio, ExportKey key)
    {
        await studio.UntilAsync(context => context.Exports.AnyAsync(export => export.TrialId == key.TrialId && export.Layout == key.Layout && export.FinishedAt != null));
        await using var context = studio.Database.Open();
        return (await ExportList.ReadAsync(context, [key.TrialId], None)).Single(view => view.Layout == key.Layout);
    }

    private static Task UntilNoJobAsync(Studio studio) => studio.UntilAsync(async context => await JobsAsync(context) == 0);

    private static Task<int> JobsAsync(StudioContext context) =>
        context.Database.SqlQuery<int>($"""select count(*)::int as "Value" from quartz.qrtz_job_details where job_group = 'export'""").SingleAsync();

    private static async Task<byte[]> ReadAsync(StudioContext context, ExportKey key, ExportView made)
    {
        using var stream = new MemoryStream();
        await ExportArchive.CopyAsync(context, key, made.Hash.ShouldNotBeNull(), stream, None);
        return stream.ToArray();
    }

    private static Task<List<EventKind>> Events(StudioContext context, ExportKey key) => context.Events
        .Where(line => line.TrialId == key.TrialId && (line.Kind == EventKind.LateWriteRefused || line.Kind.ToString().StartsWith("Export"))).OrderBy(line => line.Id).Select(line => line.Kind).ToListAsync();
}
