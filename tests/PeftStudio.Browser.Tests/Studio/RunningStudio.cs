using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>The product itself, as an operator runs it: a database, the web and workers, each a process of its own.</summary>
internal sealed class RunningStudio : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder data = new();
    private readonly List<StudioProcess> programs = [];
    private readonly Dictionary<string, string> environment;

    private RunningStudio(string? token)
    {
        Address = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        environment = new(StringComparer.Ordinal)
        {
            ["ConnectionStrings__Studio"] = PostgresFixture.NewDatabase(),
            ["PEFTSTUDIO_ROOT"] = Folders.Repository,
            ["PEFTSTUDIO_TOKEN"] = token ?? "",
            ["Studio__Port"] = Address.Port.ToString(CultureInfo.InvariantCulture),
            ["Studio__DataFolder"] = data.Path,
            // The second entries are the data folder's in appsettings.json; a developer's uploads are not the tests' business.
            ["Studio__BackboneFolders__1"] = data["backbones"],
            ["Studio__TaskFolders__1"] = data["tasks"],
        };
    }

    public Uri Address { get; }

    /// <summary>Where fetched and uploaded backbones lie.</summary>
    public string Backbones => data["backbones"];

    /// <param name="workers">how many CPU workers of one thread</param>
    /// <param name="token">what a visitor must know; null: no login</param>
    /// <param name="tasks">one more folder of tasks</param>
    /// <param name="backbones">one more folder of backbones</param>
    /// <param name="hub">where fetches go; null: nowhere, no journey leaves this machine</param>
    public static async Task<RunningStudio> StartAsync(int workers, string? token = null, string? tasks = null, string? backbones = null, Uri? hub = null)
    {
        var studio = new RunningStudio(token);
        studio.environment["Studio__Hub"] = studio.environment["Studio__Glue"] = (hub ?? new Uri("http://127.0.0.1:9/")).ToString();
        if (tasks is not null)
            studio.environment["Studio__TaskFolders__2"] = tasks;
        if (backbones is not null)
            studio.environment["Studio__BackboneFolders__2"] = backbones;
        try
        {
            var web = studio.Start("web", "PeftStudio.Web", "--contentRoot", Folders.Repository);
            await studio.ReadyAsync(web);
            for (var number = 1; number <= workers; number++)
                studio.Start($"worker {number}", "PeftStudio.Worker", "worker", "--device", "cpu", "--threads", "1");
            return studio;
        }
        catch
        {
            await studio.DisposeAsync();
            throw;
        }
    }

    /// <summary>A command of the command line, run to its end.</summary>
    /// <returns>its exit code, and what it wrote to standard output and standard error</returns>
    public async Task<(int Code, string Said)> CommandAsync(params string[] arguments)
    {
        await using var program = new StudioProcess(arguments[0], Output("PeftStudio.Worker"), arguments, environment);
        var code = await program.EndAsync();
        return (code, program.Tail);
    }

    /// <summary>What the processes have said, newest last.</summary>
    public string Said => string.Join('\n', programs.Select(program => $"== {program.Name}\n{program.Tail}"));

    public async ValueTask DisposeAsync()
    {
        // Workers first, so that none complains about a web or a database that left.
        foreach (var program in Enumerable.Reverse(programs))
            await program.DisposeAsync();
        data.Dispose();
    }

    private StudioProcess Start(string name, string project, params string[] arguments)
    {
        var program = new StudioProcess(name, Output(project), arguments, environment);
        programs.Add(program);
        return program;
    }

    private async Task ReadyAsync(StudioProcess web)
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        using var limit = new CancellationTokenSource(Patience);
        while (!await IsReadyAsync(client))
        {
            if (web.HasEnded || limit.IsCancellationRequested)
                throw new InvalidOperationException($"the web did not become ready at {Address}:\n{web.Tail}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>The build output of this test run's own configuration and framework.</summary>
    private static string Output(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = output.Parent?.Name ?? throw new DirectoryNotFoundException($"{output} has no parent");
        var program = Path.Combine(Folders.Repository, "src", project, "bin", configuration, output.Name, project + ".dll");
        return File.Exists(program) ? program : throw new FileNotFoundException($"{program} is not built");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
