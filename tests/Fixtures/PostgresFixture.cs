using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PeftStudio.Tests;

/// <summary>
/// One private PostgreSQL server for the whole test process, started with the first database asked for and deleted when the process ends.
/// Each test class takes a database of its own.
/// </summary>
internal static class PostgresFixture
{
    private static readonly Lazy<Server> Running = new(() => new Server());
    private static int databases;

    /// <summary>The connection string of a new, empty database.</summary>
    public static string NewDatabase()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        Running.Value.CreateDatabase(name);
        return Running.Value.ConnectionString(name);
    }

    private sealed class Server
    {
        private readonly string binaries = FindBinaries();
        private readonly string folder;
        private readonly int port = FreePort();
        private readonly bool asPostgres = Environment.IsPrivilegedProcess;

        public Server()
        {
            // Its user must be able to enter the folder, which a mode-700 home forbids.
            var root = asPostgres ? "/var/lib" : Path.GetTempPath();
            folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"peftstudio-test-{Environment.ProcessId}"));
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
            if (asPostgres)
                Run("chown", ["postgres", folder]);
            Run(Path.Combine(binaries, "initdb"), ["-D", Data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"], asPostgres);
            Start();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
        }

        private string Data => Path.Combine(folder, "data");

        public string ConnectionString(string database) =>
            string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Maximum Pool Size=20;Include Error Detail=true");

        public void CreateDatabase(string name) =>
            Run(Path.Combine(binaries, "createdb"), ["-h", "127.0.0.1", "-p", Port, "-U", "postgres", name]);

        private string Port => port.ToString(CultureInfo.InvariantCulture);

        private void Start() => Run(Path.Combine(binaries, "pg_ctl"),
            ["-D", Data, "-w", "-l", Path.Combine(folder, "log"), "-o", $"-c listen_addresses=127.0.0.1 -p {Port} -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200", "start"], asPostgres);

        private void Stop()
        {
            Run(Path.Combine(binaries, "pg_ctl"), ["-D", Data, "-m", "immediate", "-w", "stop"], asPostgres);
            Directory.Delete(folder, recursive: true);
        }

        private static void Run(string program, string[] arguments, bool asPostgres = false)
        {
            string[] all = asPostgres ? ["-u", "postgres", "--", program, .. arguments] : arguments;
            var start = new ProcessStartInfo(asPostgres ? "runuser" : program)
            {
                WorkingDirectory = "/",
                UseShellExecute = false,
                RedirectStandardOutput = true, // a test's standard output belongs to its runner
                RedirectStandardError = true,
            };
            foreach (var argument in all)
                start.ArgumentList.Add(argument);
            start.Environment["LC_ALL"] = "C.UTF-8";
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
            var said = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said.GetAwaiter().GetResult()}");
        }

        private static string FindBinaries() =>
            Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal).Last()
                : throw new DirectoryNotFoundException("/usr/lib/postgresql is absent: install PostgreSQL (apt-get install postgresql)");

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
