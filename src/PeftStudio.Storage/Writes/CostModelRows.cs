using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Writes;

/// <summary>The cost models of all machines: one for each (numeric profile, backbone, precision), the newest.</summary>
public sealed class CostModelRows(StudioDatabase database)
{
    /// <summary>Takes the place of an older one, and wakes the pages.</summary>
    public Task<int> KeepAsync(string profile, string backboneHash, Precision precision, CostModel model, CancellationToken cancellationToken) =>
        database.WriteAsync(async context =>
        {
            await context.CostModels.Where(known => known.Profile == profile && known.BackboneHash == backboneHash && known.Precision == precision).ExecuteDeleteAsync(cancellationToken);
            context.Add(new StoredCostModel(profile, backboneHash, precision, CostModel.Version, model, await context.NowAsync(cancellationToken)));
            return await context.NotifyAsync(null, cancellationToken);
        }, cancellationToken);
}
