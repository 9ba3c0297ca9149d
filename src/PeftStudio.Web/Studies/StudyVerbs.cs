using PeftStudio.Jobs;
using PeftStudio.Search.Exports;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Studies;

/// <summary>What a person does to a study from a page. Each answers null, or why it was not done.</summary>
public sealed class StudyVerbs(DatabaseStart start)
{
    public const string Person = "operator";

    public Task<string?> Stop(int study) => Say(commands => commands.StopAsync(study, Person, CancellationToken.None));

    public Task<string?> Cancel(int study) => Say(commands => commands.CancelAsync(study, Person, CancellationToken.None));

    public Task<string?> Drop(int study, int choice) => Say(commands => commands.DropChoiceAsync(study, choice, Person, CancellationToken.None));

    public Task<string?> Retry(long trial) => Say(commands => commands.RetryTrialAsync(trial, Person, CancellationToken.None));

    public Task<string?> CancelTrial(long trial) => Say(commands => commands.CancelTrialAsync(trial, Person, CancellationToken.None));

    public async Task<string?> Export(ExportKey export) => Say(await (await start.Jobs).Exports.AskAsync(export, Person, CancellationToken.None));

    public async Task<string?> RemoveExport(ExportKey export) => Say(await (await start.Jobs).Exports.RemoveAsync(export, Person, CancellationToken.None));

    private async Task<string?> Say(Func<StudyCommands, Task<CommandAnswer>> act) => Say(await act((await start.Jobs).Commands));

    private static string? Say(CommandAnswer answer) => answer.State switch
    {
        CommandState.Done => null,
        CommandState.NotFound => "it is not there any more",
        _ => answer.Reason,
    };
}
