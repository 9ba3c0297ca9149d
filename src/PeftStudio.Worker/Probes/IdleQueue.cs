using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Worker.Probes;

/// <summary>Lets a probe begin only while no trial and no export runs or waits. <paramref name="database"/>: null: at once.</summary>
internal sealed class IdleQueue(StudioDatabase? database)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (database is not null && await IsBusyAsync(database, cancellationToken))
            await Task.Delay(Pause, cancellationToken);
    }

    public static async Task<bool> IsMeasuredAsync(StudioDatabase database, string backboneHash, string profile, Precision precision, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        return (await CostModelList.ReadAsync(context, backboneHash, cancellationToken)).Any(known => known.Profile == profile && known.Precision == precision);
    }

    private static async Task<bool> IsBusyAsync(StudioDatabase database, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        return await QueueList.ReadAsync(context, 0, 1, cancellationToken) is not { Running.Count: 0, Waiting: 0, Exports.Count: 0 };
    }
}
