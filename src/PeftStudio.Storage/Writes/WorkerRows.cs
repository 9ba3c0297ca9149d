using Microsoft.EntityFrameworkCore;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Writes;

/// <summary>A worker's own row: its start, why it put a trial back, its end.</summary>
public sealed class WorkerRows(StudioDatabase database)
{
    /// <summary>Two processes with one id would hide each other's death: the second is refused.</summary>
    public async Task RegisterAsync(Func<DateTimeOffset, WorkerNode> make, CancellationToken cancellationToken) =>
        await database.WriteAsync(async context =>
        {
            var worker = make(await context.NowAsync(cancellationToken));
            if (await context.Workers.AnyAsync(known => known.Id == worker.Id, cancellationToken))
                throw new InvalidOperationException($"a worker called {worker.Id} is registered already; each process needs an id of its own");
            context.Add(worker);
            return await context.NotifyAsync(null, cancellationToken);
        }, cancellationToken);

    public Task<int> SayHoldsAsync(string workerId, HeldAssets assets, CancellationToken cancellationToken) =>
        database.WriteAsync(async context =>
        {
            var row = await context.Workers.SingleAsync(worker => worker.Id == workerId, cancellationToken);
            row.Hold(assets);
            return await context.NotifyAsync(null, cancellationToken);
        }, cancellationToken);

    public Task<int> SayLacksAsync(string workerId, long trialId, int studyId, string reason, CancellationToken cancellationToken) =>
        database.WriteAsync(async context =>
        {
            var news = await context.Workers.Where(worker => worker.Id == workerId && worker.Lacks != reason)
                .ExecuteUpdateAsync(set => set.SetProperty(worker => worker.Lacks, reason), cancellationToken);
            if (news == 0)
                return 0;
            context.Add(new StudioEvent(EventKind.TrialPutBack, $"{workerId} {reason}", studyId, trialId, null, workerId));
            return await context.NotifyAsync(null, cancellationToken);
        }, cancellationToken);

    public Task<int> SayStoppedAsync(string workerId, CancellationToken cancellationToken) =>
        database.WriteAsync(async context =>
        {
            var now = await context.NowAsync(cancellationToken);
            await context.Workers.Where(worker => worker.Id == workerId)
                .ExecuteUpdateAsync(set => set.SetProperty(worker => worker.StoppedAt, now).SetProperty(worker => worker.TrialId, (long?)null), cancellationToken);
            return await context.NotifyAsync(null, cancellationToken);
        }, cancellationToken);
}
