using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>What a person can ask of exports. <c>by</c> is who, for the history.</summary>
public sealed class ExportCommands(StudioDatabase database, ExportQueue queue)
{
    /// <summary>Has a worker make it. What waits, runs or is ready stays as it is; what was refused, failed or removed is made anew.</summary>
    public async Task<CommandAnswer> AskAsync(ExportKey key, string by, CancellationToken cancellationToken)
    {
        var answer = await database.WriteAsync(async context =>
        {
            if (await context.Trials.Where(trial => trial.Id == key.TrialId).Select(trial => (int?)trial.StudyId).SingleOrDefaultAsync(cancellationToken) is not { } studyId)
                return CommandAnswer.NotFound;
            if (!await context.Adapters.AnyAsync(adapter => adapter.TrialId == key.TrialId, cancellationToken))
                return new(CommandState.Refused, $"trial {key.TrialId} has no stored adapter to export; the final comparison's completed trials have one");
            var now = await context.NowAsync(cancellationToken);
            var export = await context.LockExportAsync(key, cancellationToken);
            if (export is null)
                context.Add(new Export(key.TrialId, key.Layout, by, now));
            else if (!export.Ask(by, now))
                return CommandAnswer.Done;
            context.Add(new StudioEvent(EventKind.ExportAsked, $"export as {key.Layout} asked for by {by}", studyId, key.TrialId));
            await context.NotifyAsync(studyId, cancellationToken);
            return CommandAnswer.Done;
        }, cancellationToken);
        // After the commit: a job must not run before its row is there. What a crash here loses, the sweep finds.
        if (answer.State is CommandState.Done)
            await EnqueueWaitingAsync(key, cancellationToken);
        return answer;
    }

    /// <summary>Frees the room that a ready export's files take. Removed twice is harmless.</summary>
    public Task<CommandAnswer> RemoveAsync(ExportKey key, string by, CancellationToken cancellationToken) => database.WriteAsync(async context =>
    {
        if (await context.LockExportAsync(key, cancellationToken) is not { } export)
            return CommandAnswer.NotFound;
        var bytes = export.Bytes;
        if (!export.Remove())
            return export.State is ExportState.Removed ? CommandAnswer.Done
                : new(CommandState.Refused, $"the export is {export.State.ToString().ToLowerInvariant()} and has no files; only what is ready can be removed");
        await ExportArchive.RemoveAsync(context, key, cancellationToken);
        var studyId = await context.Trials.Where(trial => trial.Id == key.TrialId).Select(trial => trial.StudyId).SingleAsync(cancellationToken);
        context.Add(new StudioEvent(EventKind.ExportRemoved, FormattableString.Invariant($"export as {key.Layout} removed by {by}: {bytes} bytes"), studyId, key.TrialId));
        await context.NotifyAsync(studyId, cancellationToken);
        return CommandAnswer.Done;
    }, cancellationToken);

    private async Task EnqueueWaitingAsync(ExportKey key, CancellationToken cancellationToken)
    {
        await using var context = database.Open();
        if (await context.Exports.AnyAsync(export => export.TrialId == key.TrialId && export.Layout == key.Layout && export.State == ExportState.Waiting, cancellationToken))
            await queue.EnqueueAsync(key, cancellationToken);
    }
}
