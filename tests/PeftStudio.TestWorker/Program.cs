using System.Globalization;
using Microsoft.Extensions.Logging;
using PeftStudio.Jobs;
using PeftStudio.Storage;
using PeftStudio.TestWorker;

// CONNECTION NODE MILLISECONDS BACKBONE-HASH TASK-HASH...: a real worker process whose trials are hashes; tests kill it.
var node = args[1];
using var stopping = new CancellationTokenSource();
using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stopping.Cancel();
});
using var logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(options => options.SingleLine = true));
await using var database = new StudioDatabase(args[0], TimeProvider.System);
var profile = new WorkerProfile(node, "test", Environment.ProcessId, "cpu", 1, "test");
await new TrialWorker(database, profile, new ClusterOptions(args[0], node, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)),
    new HashExecutor(TimeSpan.FromMilliseconds(int.Parse(args[2], CultureInfo.InvariantCulture)), args[3], args[4..]), new ByteExporter(), TimeProvider.System, logs).RunAsync(stopping.Token);
