using System.CommandLine;
using System.Globalization;
using PeftStudio.Jobs;
using PeftStudio.Worker.Commands;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var root = new RootCommand("PeftStudio's worker and command line; ./studio is the way to call it.")
{
    BenchCommand.Create(),
    ExportCommand.Create(),
    ForwardCommand.Create(),
    TokenizeCommand.Create(),
    RunCommand.Create(),
    TrialCommand.Create(),
    WorkerCommand.Create(),
    PredictCommand.Create(),
    ProbeCommand.Create(),
};
// A worker that is asked to stop puts its trial back first, which the database has to hear of too.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TrialWorker.LongestEnd + TimeSpan.FromSeconds(5) });
