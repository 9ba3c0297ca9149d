using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Parts.NewStudy;

namespace PeftStudio.Web.Studies;

/// <summary>What a plan is predicted to cost, from what was measured on the workers' machines.</summary>
public sealed class CostReading(AssetShelf shelf, TokenShelf tokens, StudioDatabase database)
{
    /// <param name="look">of the plan; nothing is said while it has problems.</param>
    public async Task<CostLook> Read(StudyPlan plan, PlanLook look, CancellationToken cancel)
    {
        if (look.Forecast is not { } forecast || await shelf.BackboneOf(plan.Backbone, cancel) is not { Asset: { } asset } backbone)
            return CostLook.Nothing;
        if ((await Measured(asset.Hash, cancel)).FirstOrDefault(known => known.Precision == plan.Training.Precision) is not { } basis)
            return CostLook.NotMeasured(plan, backbone);
        var tasks = new List<CostTask>();
        foreach (var listing in (await shelf.Tasks(cancel)).Where(task => plan.Tasks.Contains(task.Name, StringComparer.Ordinal)))
            if (AssetShelf.Asset(listing) is { } task)
            {
                try
                {
                    var (rows, written) = await tokens.Of(backbone, listing, plan.Training.MaxLength, cancel);
                    tasks.Add(new(task, rows, Bytes(listing), written));
                }
                catch (Exception error) when (error is InvalidTaskException or InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    // A file changed since the look; the next one finds it.
                    return CostLook.NotRead(listing, error.Message);
                }
            }
        return CostLook.Of(plan, StudyCost.Of(plan, asset, tasks, forecast, basis.Model), basis);
    }

    /// <summary>What a worker reads and keeps; test rows that lie beside it are not.</summary>
    private static long Bytes(TaskListing listing) => new[] { listing.Train, listing.Dev }.OfType<FileListing>().Sum(file => new FileInfo(Path.Join(listing.Folder, file.File)).Length);

    /// <summary>All that was measured of a backbone.</summary>
    public async Task<IReadOnlyList<CostModelView>> Measured(string backboneHash, CancellationToken cancel)
    {
        await using var context = database.Open();
        return await CostModelList.ReadAsync(context, backboneHash, cancel);
    }
}
