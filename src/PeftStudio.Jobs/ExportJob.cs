using Microsoft.Extensions.Logging;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>An export's job. Quartz stores the class's name.</summary>
internal sealed class ExportJob(ExportRun run, ExportQueue queue, Action<int> busy, ILogger<ExportJob> log) : NamedJob(busy, log)
{
    protected override FaultPoint BeforeRemoval => FaultPoint.BetweenExportAndJobRemoval;

    protected override Task<TimeSpan?> RunAsync(string name) => run.RunAsync(ExportKey.Parse(name));

    protected override Task EnqueueAgainAsync(string name, TimeSpan delay) => queue.EnqueueAgainAsync(ExportKey.Parse(name), delay, CancellationToken.None);
}
