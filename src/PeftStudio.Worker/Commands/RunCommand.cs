using System.CommandLine;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using Spectre.Console;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>run STUDY.yaml --out DIR</c>: starts the study on the running studio and follows it; at the end the final comparison, results.json and the best adapters. Exit code 0
/// only for a completed study.
/// </summary>
internal static class RunCommand
{
    private const int NotCompleted = 2;

    private static readonly IAnsiConsole Terminal = Console.IsOutputRedirected ? Plain() : AnsiConsole.Console;

    public static Command Create()
    {
        var plan = new Argument<string>("STUDY.yaml") { Description = "a study's plan, YAML or JSON" };
        var output = CommandLine.Required("--out", "folder for results.json and the adapters");
        var address = new Option<string>("--address") { Description = "the studio's address", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var command = new Command("run", "run a study on the running studio and follow it") { plan, output, address };
        command.Run(async (parsed, cancellationToken) =>
        {
            using var client = new StudioClient(Address(parsed.GetRequiredValue(address)), Environment.GetEnvironmentVariable("PEFTSTUDIO_TOKEN"));
            var study = await client.StartAsync(await File.ReadAllTextAsync(parsed.GetRequiredValue(plan), cancellationToken), cancellationToken);
            Terminal.WriteLine($"study {study}: {client.Page(study)}");
            try
            {
                return await FollowAsync(client, study, parsed.GetRequiredValue(output), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Terminal.WriteLine($"study {study} goes on without this command: {client.Page(study)} shows it, and there it can be stopped");
                return 130;
            }
        });
        return command;
    }

    // A file or a pipe gets plain lines, and room for the table.
    private static IAnsiConsole Plain()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No });
        console.Profile.Width = 160;
        return console;
    }

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
        ? address
        : throw new ArgumentException($"--address '{text}' is no http address; write for example http://127.0.0.1:5080");

    private static async Task<int> FollowAsync(StudioClient client, int study, string output, CancellationToken cancellationToken)
    {
        StudyView view = await Terminal.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => WatchAsync(client, study, context.AddTask("trials"), cancellationToken));
        if (view.State != StudyState.Completed)
        {
            Terminal.WriteLine($"study {study} is {view.State.ToString().ToLowerInvariant()}: {view.Reason ?? "see its page"} ({client.Page(study)})");
            return NotCompleted;
        }
        await client.DownloadAsync(study, output, cancellationToken);
        Terminal.Write(FinalTableText.Of(await client.FinalAsync(study, cancellationToken), view));
        Terminal.WriteLine($"completed in {(view.FinishedAt - view.CreatedAt)?.TotalSeconds:F0} s; results.json and the adapters are in {output}");
        return 0;
    }

    private static async Task<StudyView> WatchAsync(StudioClient client, int study, ProgressTask bar, CancellationToken cancellationToken)
    {
        var told = 0;
        while (true)
        {
            var view = await client.StudyAsync(study, cancellationToken);
            var decided = view.Track.Where(step => step.Decision is not null).ToArray();
            // The final step's decision is on decision rows; the table that follows it, on dev rows, is what a person compares.
            foreach (var step in decided.Skip(told).Where(step => step.Key.Stage is not StageName.Final))
                Terminal.WriteLine($"{step.Key}  {step.Decision!.Sentence}");
            told = decided.Length;
            bar.MaxValue = Math.Max(1, view.Trials.Planned);
            bar.Value = view.Trials.Completed + view.Trials.Failed + view.Trials.Cancelled;
            var left = view.Remaining is { } time ? $", about {(int)time.TotalMinutes}:{time.Seconds:00} left" : "";
            bar.Description = $"{view.Track.LastOrDefault()?.Key.ToString() ?? "S0"}, {view.Trials.Completed} of {view.Trials.Planned} trials{(view.Trials.Failed > 0 ? $", {view.Trials.Failed} failed" : "")}{left}";
            if (view.State is not (StudyState.Running or StudyState.Stopping))
                return view;
            await Task.Delay(TimeSpan.FromSeconds(0.5), cancellationToken);
        }
    }
}
