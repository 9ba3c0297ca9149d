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
        var listings = await shelf.Tasks(cancel);
        foreach (var name in plan.Tasks)
        {
            // A folder or a file changed since the look; the next one finds it.
            if (listings.FirstOrDefault(listing => string.Equals(listing.Name, name, StringComparison.Ordinal)) is not { } listing)
                return CostLook.NotRead(name, "its folder is gone");
            if (AssetShelf.Asset(listing) is not { } task)
                return CostLook.NotRead(name, listing.Error ?? "its files changed");
            try
            {
                var (rows, written) = await tokens.Of(backbone, listing, plan.Training.MaxLength, cancel);
                tasks.Add(new(task, rows, Bytes(listing), written));
            }
            catch (Exception error) when (error is InvalidTaskException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                return CostLook.NotRead(name, error.Message);
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
