using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs.Tests;

/// <summary>A worker process is killed; the study completes, nothing is lost or counted twice, and the results are the undisturbed run's.</summary>
public sealed class KillTests(UndisturbedRun undisturbed) : IClassFixture<UndisturbedRun>
{
#if DEBUG // fault points are compiled out of Release
    // Exports are no part of a study's run: ExportTests kill there.
    public static TheoryData<FaultPoint> Points => [.. Enum.GetValues<FaultPoint>().Except([FaultPoint.BetweenExportAndCommit, FaultPoint.BetweenExportAndJobRemoval])];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Killed_at(FaultPoint point)
    {
        await using var studio = await Studio.OpenAsync();
        var victim = studio.StartProcess(10, $"{point}:{(point is FaultPoint.InsideDecision ? 2 : 5)}");
        var id = await studio.CreateAsync();
        await victim.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        victim.ExitCode.ShouldBe(128 + 9);
        studio.StartWorker();
        await CompletesAsUndisturbedAsync(studio, id);
    }
#endif

    [Fact]
    public async Task Killed_while_another_worker_goes_on()
    {
        await using var studio = await Studio.OpenAsync();
        var victim = studio.StartProcess(50);
        studio.StartProcess(50);
        var id = await studio.CreateAsync();
        await studio.UntilAsync(async context => await context.Trials.CountAsync(trial => trial.State == TrialState.Completed) >= 6);
        victim.Kill();
        await CompletesAsUndisturbedAsync(studio, id);
    }

    [Fact]
    public async Task Frozen_past_its_deadline_it_comes_back_and_is_refused()
    {
        await using var studio = await Studio.OpenAsync();
        var zombie = studio.StartProcess(3000);
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Trials.AnyAsync(trial => trial.State == TrialState.Running));
        Signal(zombie, "STOP");
        studio.StartWorker();
        await studio.UntilAsync(context => context.Attempts.AnyAsync(attempt => attempt.State == AttemptState.Lost));
        Signal(zombie, "CONT");
        await studio.UntilAsync(context => context.Events.AnyAsync(line => line.Kind == EventKind.LateWriteRefused));
        Signal(zombie, "TERM");
        await CompletesAsUndisturbedAsync(studio, id);
    }

    // The study is over at once, so that nothing but the dead worker's own job asks after its trial again.
    [Fact]
    public async Task Killed_before_it_heard_that_its_study_was_cancelled()
    {
        await using var studio = await Studio.OpenAsync();
        var victim = studio.StartProcess(60_000);
        var id = await studio.CreateAsync();
        await studio.UntilAsync(context => context.Trials.AnyAsync(trial => trial.State == TrialState.Running));
        Signal(victim, "STOP");
        (await studio.Jobs.Commands.CancelAsync(id, "anna", CancellationToken.None)).ShouldBe(CommandAnswer.Done);
        victim.Kill();
        studio.StartWorker();
        await studio.UntilAsync(async context => !await context.Trials.AnyAsync(trial => trial.State != TrialState.Cancelled), seconds: 30);
        await using var context = studio.Database.Open();
        (await context.Attempts.SingleAsync()).State.ShouldBe(AttemptState.Lost);
        await History.CheckAsync(context, id);
    }

    private async Task CompletesAsUndisturbedAsync(Studio studio, int id)
    {
        await studio.UntilOverAsync(id);
        (await studio.ResultsAsync(id)).ShouldBe(undisturbed.Results);
        await using var context = studio.Database.Open();
        (await context.Studies.SingleAsync()).State.ShouldBe(StudyState.Completed);
        await History.CheckAsync(context, id);
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}

public sealed class UndisturbedRun : IAsyncLifetime
{
    public string Results { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await using var studio = await Studio.OpenAsync();
        studio.StartWorker();
        var id = await studio.CreateAsync();
        await studio.UntilOverAsync(id);
        Results = await studio.ResultsAsync(id);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
