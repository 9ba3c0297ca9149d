using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using PeftStudio.Tests;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Tests;

/// <summary>A whole studio on a port of its own with a database of its own: real Kestrel, real HTTP, real PostgreSQL.</summary>
internal sealed class Studio : WebApplicationFactory<Program>
{
    public const string Token = "a token of the tests, long enough";

    private readonly string connection = PostgresFixture.NewDatabase();
    private readonly string? token;
    private readonly Uri hub;
    private readonly DataDisk disk;

    /// <param name="token">what a visitor must know; null: no login</param>
    /// <param name="hub">where fetches go; null: nowhere, no test leaves this machine</param>
    /// <param name="disk">of the data folder; null: this machine's</param>
    public Studio(string? token = null, Uri? hub = null, DataDisk? disk = null)
    {
        (this.token, this.hub, this.disk) = (token, hub ?? new Uri("http://127.0.0.1:9/"), disk ?? DataDisk.Real);
        Data = Directory.CreateTempSubdirectory("peftstudio-web-").FullName;
        UseKestrel(port: 0);
    }

    /// <summary>Where uploads go.</summary>
    public string Data { get; }

    public string ConnectionString => connection;

    /// <summary>Started, migrated, ready.</summary>
    public async Task<Studio> StartAsync()
    {
        StartServer();
        await Services.GetRequiredService<DatabaseStart>().Jobs.WaitAsync(TimeSpan.FromMinutes(1));
        return this;
    }

    /// <summary>No cookies and no redirects unless asked for.</summary>
    public HttpClient Client(bool browser = false) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = browser }) { BaseAddress = ClientOptions.BaseAddress };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("ConnectionStrings:Studio", connection);
        builder.UseSetting("Studio:Port", "0");
        builder.UseSetting("Studio:Token", token ?? "");
        builder.UseSetting("Studio:DataFolder", Data);
        builder.UseSetting("Studio:BackboneFolders:1", Path.Join(Data, "backbones"));
        builder.UseSetting("Studio:TaskFolders:1", Path.Join(Data, "tasks"));
        builder.UseSetting("Studio:UploadMegabytes", "40");
        builder.UseSetting("Studio:Hub", hub.ToString());
        builder.UseSetting("Studio:Glue", hub.ToString());
        builder.ConfigureTestServices(services => services.AddSingleton(disk));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Directory.Exists(Data))
            Directory.Delete(Data, recursive: true);
    }

    public static MultipartFormDataContent Upload(string? name, params (string File, byte[] Content)[] files)
    {
        var form = new MultipartFormDataContent();
        if (name is not null)
            form.Add(new StringContent(name), "name");
        foreach (var (file, content) in files)
        {
            var part = new ByteArrayContent(content);
            part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"file\"; filename=\"{file}\"");
            form.Add(part);
        }
        return form;
    }

    public static byte[] Zip(params (string Name, string Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var to = archive.CreateEntry(name).Open();
                to.Write(Encoding.UTF8.GetBytes(content));
            }
        return stream.ToArray();
    }

    /// <summary>A plan that starts: the smallest search over a sample task.</summary>
    public static string Plan(string name = "A study of the tests") => $$"""
        name: {{name}}
        backbone: sample
        tasks: [similarity]
        space:
          groups: 2
          groupings: [uniform, increasing]
          methods: [lora]
        compute: { samplesPerChoice: 1, startSamples: 1, epochs: 1, rowsPerTask: 32 }
        final: { seeds: 1, epochs: 1, rowsPerTask: 32 }
        """;

    public static StringContent Yaml(string text) => new(text, Encoding.UTF8, "application/yaml");
}

internal static class Answers
{
    /// <summary>The answer is a problem with this status whose words contain the given ones.</summary>
    public static async Task ShouldBeProblem(this HttpResponseMessage answer, HttpStatusCode status, params string[] words)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(status, text);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        foreach (var word in words)
            text.ShouldContain(word);
    }
}
