using Microsoft.Extensions.Logging;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>An export's job. Quartz stores the class's name.</summary>
internal sealed class ExportJob(ExportRun run, ExportQueue queue, Action<int> busy, ILogger<ExportJob> log) : NamedJob<ExportKey>(busy, log)
{
    protected override FaultPoint BeforeRemoval => FaultPoint.BetweenExportAndJobRemoval;

    protected override ExportKey KeyOf(string name) => ExportKey.Parse(name);

    protected override Task<TimeSpan?> RunAsync(ExportKey key) => run.RunAsync(key);

    protected override Task EnqueueAgainAsync(ExportKey key, TimeSpan delay) => queue.EnqueueAgainAsync(key, delay, CancellationToken.None);
}
