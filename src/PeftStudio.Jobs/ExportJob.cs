using Microsoft.Extensions.Logging;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Writes;

namespace PeftStudio.Jobs;

/// <summary>An export's job. Quartz stores the class's name.</summary>
internal sealed class ExportJob(ExportRun run, ExportQueue queue, Action<int> busy, ILogger<ExportJob> log)
    : NamedJob<ExportKey>(ExportKey.Parse, run.RunAsync, queue.EnqueueAgainAsync, FaultPoint.BetweenExportAndJobRemoval, busy, log);
