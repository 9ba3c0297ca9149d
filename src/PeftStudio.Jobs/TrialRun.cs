using Microsoft.Extensions.Logging;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>One trial on this worker, from the claim to the study's next step.</summary>
internal sealed class TrialRun(
    WorkerNode worker, TrialAttempts attempts, WorkerRows workers, WorkerAssets assets, Heartbeat heartbeat, StudyProgress progress, ITrialExecutor executor, TimeProvider time, ILogger<TrialRun> log, CancellationToken stopping)
{
    /// <summary>After a put-back the worker rests a moment, so that a capable one is faster.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PutBackDelay = TimeSpan.FromSeconds(5);

    /// <summary>Null: the job is done. Else it is to fire again after this time.</summary>
    public async Task<TimeSpan?> RunAsync(long trialId)
    {
        if (stopping.IsCancellationRequested)
            return TimeSpan.Zero;
        Faults.Reach(FaultPoint.BeforeClaim);
        switch (await StartAsync(trialId))
        {
            case StartAnswer.Started started:
                Faults.Reach(FaultPoint.AfterClaim);
                return await RunAsync(trialId, started);
            case StartAnswer.NotHere not:
                log.LogInformation("trial {Trial} is put back: this worker {Reason}", trialId, not.Reason);
                await workers.SayLacksAsync(worker.Id, trialId, not.StudyId, not.Reason, CancellationToken.None);
                await RestAsync();
                return PutBackDelay;
            case StartAnswer.Over over:
                // Its worker may have died between the result and the study's next step.
                await progress.AdvanceAsync(over.StudyId, CancellationToken.None);
                return null;
            default:
                log.LogWarning("job {Trial} names no trial of this database", trialId);
                return null;
        }
    }

    private async Task<StartAnswer> StartAsync(long trialId)
    {
        var answer = await attempts.StartAsync(trialId, worker, CancellationToken.None);
        return answer is StartAnswer.NotHere { Asset: true } && await assets.LookAgainAsync() ? await attempts.StartAsync(trialId, worker, CancellationToken.None) : answer;
    }

    private async Task<TimeSpan?> RunAsync(long trialId, StartAnswer.Started started)
    {
        TrialOutcome? outcome;
        BeatAnswer heard;
        using (var running = heartbeat.Begin(started.StudyId, trialId, started.Attempt, stopping))
        {
            outcome = Execute(started.Plan, running);
            running.Flush();
            heard = running.Answer;
        }
        var waits = outcome switch
        {
            TrialOutcome.Completed done => await CompleteAsync(trialId, started.Attempt, done),
            TrialOutcome.Failed failed => await FailAsync(trialId, started.Attempt, failed),
            _ when heard is BeatAnswer.GoOn => await PutBackAsync(trialId, started.Attempt),
            _ => await EndCancelledAsync(trialId, started.Attempt),
        };
        if (waits is not null)
            return waits;
        await progress.AdvanceAsync(started.StudyId, CancellationToken.None);
        return null;
    }

    /// <summary>Null where the run was cancelled, put back or superseded.</summary>
    private TrialOutcome? Execute(TrialPlan plan, Heartbeat.RunningAttempt running)
    {
        try
        {
            return executor.Run(plan, running, running.Token);
        }
        catch (OperationCanceledException) when (running.Token.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error)
        {
            log.LogError(error, "a trial failed unexpectedly");
            return new TrialOutcome.Failed($"{error.GetType().Name}: {error.Message}", Again: true);
        }
    }

    private async Task<TimeSpan?> CompleteAsync(long trialId, int attempt, TrialOutcome.Completed done)
    {
        Note(trialId, attempt, await attempts.CompleteAsync(trialId, attempt, done.Result, done.Adapter, done.Manifest, CancellationToken.None));
        return null;
    }

    private async Task<TimeSpan?> FailAsync(long trialId, int attempt, TrialOutcome.Failed failed)
    {
        var answer = await attempts.FailAsync(trialId, attempt, failed.Reason, failed.Again, CancellationToken.None);
        Note(trialId, attempt, answer);
        return answer is not WriteAnswer.Refused && failed.Again ? TimeSpan.FromSeconds(1) : null;
    }

    private async Task<TimeSpan?> PutBackAsync(long trialId, int attempt)
    {
        Note(trialId, attempt, await attempts.PutBackAsync(trialId, attempt, CancellationToken.None));
        return TimeSpan.Zero;
    }

    private async Task<TimeSpan?> EndCancelledAsync(long trialId, int attempt)
    {
        Note(trialId, attempt, await attempts.CancelledAsync(trialId, attempt, CancellationToken.None));
        return null;
    }

    private void Note(long trialId, int attempt, WriteAnswer answer)
    {
        if (answer is WriteAnswer.Refused)
            log.LogWarning("attempt {Attempt} of trial {Trial} ended too late; its write was refused", attempt, trialId);
    }

    private async Task RestAsync()
    {
        try
        {
            await Task.Delay(Rest, time, stopping);
        }
        catch (OperationCanceledException)
        {
            // The worker stops: no need to rest.
        }
    }
}
