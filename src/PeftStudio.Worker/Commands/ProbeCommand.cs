using System.CommandLine;
using PeftStudio.Migrations;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Writes;
using PeftStudio.Torch;
using PeftStudio.Training;
using PeftStudio.Worker.Probes;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>probe [--backbone DIR..] [--precision P] [--check] [--missing]</c>: what trials over backbones cost on this machine, by short trials in fresh processes; kept in the database for the
/// form. What is not given comes from appsettings.json and the environment, as for a worker, so that both have one numeric profile.
/// </summary>
internal static class ProbeCommand
{
    public static Command Create()
    {
        var backbones = new Option<string[]>("--backbone") { Description = "folders of backbones; without it, every backbone that the workers look for", AllowMultipleArgumentsPerToken = true };
        var precision = new Option<string>("--precision") { Description = "fp32 or bf16", DefaultValueFactory = _ => "fp32" };
        precision.AcceptOnlyFromAmong("fp32", "bf16");
        var device = new Option<string?>("--device") { Description = "cpu, cuda:0, ..." };
        var threads = new Option<int?>("--threads") { Description = "threads of libtorch, as the workers have" };
        var connection = new Option<string?>("--connection") { Description = "connection string of the studio's PostgreSQL; without any, what was found is printed and not kept" };
        var check = new Option<bool>("--check") { Description = "holds the model against trials that it was not fitted to" };
        var missing = new Option<bool>("--missing") { Description = "only what was not measured yet, and only while no trial runs or waits" };
        var command = new Command("probe", "measures what trials cost on this machine, for the form's forecast") { backbones, precision, device, threads, connection, check, missing };
        command.Run(async (parsed, cancellationToken) =>
        {
            var settings = WorkerSettings.Read(parsed.GetValue(device), parsed.GetValue(threads), parsed.GetValue(connection), parsed.GetValue(backbones), null);
            NativeRuntime.UseThreads(settings.Threads);
            var profile = NumericProfile.Of(NativeRuntime.UseDevice(settings.Device));
            Console.WriteLine(profile);
            var plan = new ProbePlan(settings, profile, parsed.GetValue(precision) == "bf16" ? Precision.Bf16 : Precision.Fp32, parsed.GetValue(check), parsed.GetValue(missing));
            if (settings.Connection is null)
            {
                Console.WriteLine("no database is named (--connection): what is found is not kept");
                return await RunAsync(plan, null, cancellationToken);
            }
            await using var database = new StudioDatabase(settings.Connection, TimeProvider.System);
            await Migrator.MigrateAsync(database, cancellationToken);
            return await RunAsync(plan, database, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(ProbePlan plan, StudioDatabase? database, CancellationToken cancellationToken)
    {
        var folders = new AssetFolders(plan.Settings.BackboneFolders, []).BackboneFolders();
        var none = $"no backbone is in {string.Join(", ", plan.Settings.BackboneFolders)}";
        if (folders.Count == 0 && !plan.Missing)
            throw new InvalidDataException(none);
        if (folders.Count == 0)
            Console.WriteLine(none);
        foreach (var folder in folders)
            if (plan.Missing && database is not null)
                await MeasureOrSayAsync(folder, plan, database, cancellationToken);
            else
                await MeasureAsync(ProbedBackbone.Open(folder), plan, database, cancellationToken);
        return 0;
    }

    // Nobody waits for what is measured on the side: what cannot be is said in the log, and the next one has its turn. An error would have the supervisor start it all again, which
    // helps where the database is away and nowhere else.
    private static async Task MeasureOrSayAsync(string folder, ProbePlan plan, StudioDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            var backbone = ProbedBackbone.Open(folder);
            if (!await IdleQueue.IsMeasuredAsync(database, backbone.Asset.Hash, plan.Profile, plan.Precision, cancellationToken))
                await MeasureAsync(backbone, plan, database, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException && !StudioDatabase.IsDatabase(error))
        {
            Console.WriteLine($"{Path.GetFileName(folder)}: {(CommandLine.IsExpected(error) ? error.Message : error)}");
        }
    }

    private static async Task MeasureAsync(ProbedBackbone backbone, ProbePlan plan, StudioDatabase? database, CancellationToken cancellationToken)
    {
        var idle = new IdleQueue(plan.Missing ? database : null);
        Console.WriteLine($"{backbone.Asset.Name}, {plan.Precision.ToString().ToLowerInvariant()}: most memory in MB, measured and by the model, and its error; milliseconds a step likewise");
        using var series = new ProbeSeries(backbone, plan.Precision, plan.Settings.Device, plan.Settings.Threads);
        var fitted = await OutcomesAsync(series, ProbeSetting.FittedOf(backbone.Asset.Shape), idle, cancellationToken);
        var model = CostFit.Of([.. fitted.Select(outcome => outcome.Probe)], backbone.Config.Heads, fitted[0].Measured.MachineBytes);
        ProbeReport.Write("fitted", fitted, model);
        if (database is not null)
            await new CostModelRows(database).KeepAsync(plan.Profile, backbone.Asset.Hash, plan.Precision, model, cancellationToken);
        if (plan.Check)
            ProbeReport.Write("held out", await OutcomesAsync(series, ProbeSetting.HeldOutOf(backbone.Asset.Shape), idle, cancellationToken), model);
    }

    /// <exception cref="InvalidDataException">Too few of them could run.</exception>
    private static async Task<IReadOnlyList<ProbeOutcome>> OutcomesAsync(ProbeSeries series, IReadOnlyList<ProbeSetting> settings, IdleQueue idle, CancellationToken cancellationToken)
    {
        var outcomes = new List<ProbeOutcome>();
        foreach (var setting in settings)
        {
            await idle.WaitAsync(cancellationToken);
            try
            {
                outcomes.Add(await series.RunAsync(setting, cancellationToken));
            }
            catch (ProbeFailedException error)
            {
                Console.WriteLine($"left out: {setting}: {error.Message}");
            }
        }
        return outcomes.Count >= settings.Count / 2
            ? outcomes
            : throw new InvalidDataException($"{outcomes.Count} of {settings.Count} probes could run, which is too few to tell from; this machine has too little memory for the backbone, or one of the reasons above");
    }

    private sealed record ProbePlan(WorkerSettings Settings, string Profile, Precision Precision, bool Check, bool Missing);
}
