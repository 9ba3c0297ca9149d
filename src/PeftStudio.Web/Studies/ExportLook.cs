using System.Text.Json.Serialization;
using PeftStudio.Formats.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Storage;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Web.Studies;

/// <summary>What is to be said of a trial's adapter in one layout.</summary>
/// <param name="State">null: it was never asked for.</param>
/// <param name="Reason">why it was refused or failed.</param>
/// <param name="Report">of a ready one: how far it is from the adapter, what it does not carry over.</param>
/// <param name="Bytes">length of the archive.</param>
/// <param name="Sha256">of the archive.</param>
/// <param name="Url">of the archive.</param>
public sealed record ExportLook(
    long TrialId, ExportLayout Layout, ExportState? State, string? AskedBy, DateTimeOffset? AskedAt, string? WorkerId, DateTimeOffset? FinishedAt,
    string? Reason, ExportReport? Report, long? Bytes, string? Sha256, string? Url)
{
    [JsonIgnore]
    public ExportKey Key => new(TrialId, Layout);

    /// <summary>All layouts of each of these trials, which have adapters.</summary>
    public static async Task<ILookup<long, ExportLook>> ReadAsync(StudioContext context, IReadOnlyCollection<long> trials, CancellationToken cancel)
    {
        var asked = (await ExportList.ReadAsync(context, trials, cancel)).ToDictionary(view => new ExportKey(view.TrialId, view.Layout));
        return (
            from trial in trials
            from layout in Enum.GetValues<ExportLayout>()
            select asked.TryGetValue(new(trial, layout), out var view) ? Of(view) : new(trial, layout, null, null, null, null, null, null, null, null, null, null)).ToLookup(look => look.TrialId);
    }

    public static string Word(ExportLayout layout) => layout.ToString().ToLowerInvariant();

    private static ExportLook Of(ExportView view) => new(
        view.TrialId, view.Layout, view.State, view.AskedBy, view.AskedAt, view.WorkerId, view.FinishedAt, view.Reason,
        view.Report is { } report ? ExportReport.Parse(report, ExportReport.FileName) : null, view.Bytes, view.Hash,
        view.State is ExportState.Ready ? $"/api/v1/trials/{view.TrialId}/exports/{Word(view.Layout)}.zip" : null);
}
