using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Queries;

/// <param name="Workers">live now with this numeric profile.</param>
/// <param name="OnOneHost">of them, the most on one host: they share its memory.</param>
public sealed record CostModelView(string Profile, Precision Precision, CostModel Model, DateTimeOffset MeasuredAt, int Workers, int OnOneHost);

/// <summary>What was measured of a backbone.</summary>
public static class CostModelList
{
    /// <summary>By what the most live workers run, then the newest first. Models of another version of the counting are left out.</summary>
    public static async Task<IReadOnlyList<CostModelView>> ReadAsync(StudioContext context, string backboneHash, CancellationToken cancellationToken)
    {
        var models = await context.CostModels.AsNoTracking()
            .Where(known => known.BackboneHash == backboneHash && known.Version == CostModel.Version).ToListAsync(cancellationToken);
        if (models.Count == 0)
            return [];
        var live = (await WorkerList.ReadAsync(context, cancellationToken)).Where(worker => worker.State is WorkerState.Idle or WorkerState.Busy).ToLookup(worker => worker.Profile, StringComparer.Ordinal);
        return
        [
            .. models
                .Select(known => new CostModelView(
                    known.Profile, known.Precision, known.Model, known.MeasuredAt, live[known.Profile].Count(),
                    live[known.Profile].GroupBy(worker => worker.Host, StringComparer.Ordinal).Select(host => host.Count()).DefaultIfEmpty(0).Max()))
                .OrderByDescending(view => view.Workers).ThenByDescending(view => view.MeasuredAt),
        ];
    }
}
