using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Rows;
using PeftStudio.Storage.Writes;
using PeftStudio.Tests;

namespace PeftStudio.Web.Tests;

/// <summary>Exports over HTTP and on the trial's page; the worker's part is played by the rows that it writes.</summary>
public sealed class ExportApiTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly ExportReport Report = new(
        ExportReport.CurrentFormat, ExportLayout.Peft, new AdapterBackbone("sample", new string('a', 64), "bert"), "similarity", new string('b', 64),
        [new ExportedFile("adapter_config.json", 2, new string('c', 64))], ["prefix in layers 0-4: PEFT has one prefix"], ["Rows were tokenised to at most 128 tokens in training."],
        new ExportComparison(8, 2.5, 2.5e-4, 3.14e-7, 0.25));

    private readonly WorkerNode worker = new("w", "test", 1, "cpu", 1, "test", [], [], DateTimeOffset.UnixEpoch);
    private Studio? studio;
    private HttpClient client = new();
    private long trial;

    public async ValueTask InitializeAsync()
    {
        studio = await new Studio().StartAsync();
        client = studio.Client();
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(Studio.Plan()));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        await using var context = Database.Open();
        var row = await context.Trials.SingleAsync();
        worker.Hold(new([new(row.Plan.Backbone.Name, row.Plan.Backbone.Hash)], [new(row.Plan.Task.Name, row.Plan.Task.Hash)]));
        trial = row.Id;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (studio is not null)
            await studio.DisposeAsync();
    }

    [Fact]
    public async Task A_trial_without_an_adapter_has_none_and_says_so()
    {
        (await Read($"/api/v1/trials/{trial}/exports")).GetArrayLength().ShouldBe(0);
        await (await Post("peft")).ShouldBeProblem(HttpStatusCode.Conflict, "has no stored adapter to export");
        (await client.GetStringAsync($"/trials/{trial}")).ShouldNotContain("For other programs");
    }

    /// <summary>The one function that packs a trial's adapter packs those of a study too.</summary>
    [Fact]
    public async Task An_adapters_own_download_brings_the_script_that_loads_it()
    {
        await CompleteTrialAsync();
        using var answer = await client.GetAsync($"/api/v1/trials/{trial}/adapter.zip", HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentLength.ShouldBeNull("what has a length was packed as a whole, and a study's adapters may be more than memory holds");
        answer.Content.Headers.ContentDisposition?.FileName.ShouldBe($"trial-{trial}-adapter.zip");
        using var archive = new ZipArchive(await answer.Content.ReadAsStreamAsync());
        archive.Entries.Select(entry => entry.FullName).ShouldBe(["adapter.safetensors", "adapter.json", LoadScriptFile.Name], ignoreOrder: true);
        using var script = new MemoryStream();
        await using (var packed = await archive.GetEntry(LoadScriptFile.Name)!.OpenAsync())
            await packed.CopyToAsync(script);
        script.ToArray().ShouldBe(LoadScriptFile.Bytes);
    }

    [Fact]
    public async Task A_damaged_adapter_is_not_packed()
    {
        await CompleteTrialAsync();
        await using (var context = Database.Open())
            await context.Database.ExecuteSqlAsync($"update adapters set content = overlay(content placing '\\x00'::bytea from 2)");
        using var answer = await client.GetAsync($"/api/v1/trials/{trial}/adapter.zip");
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task Asked_for_made_and_downloaded()
    {
        await CompleteTrialAsync();
        var three = await Read($"/api/v1/trials/{trial}/exports");
        three.EnumerateArray().Select(look => look.GetProperty("layout").GetString()).ShouldBe(["adapterHub", "peft", "merged"]);
        three.EnumerateArray().ShouldAllBe(look => look.GetProperty("state").ValueKind == JsonValueKind.Null);
        (await client.GetStringAsync($"/trials/{trial}")).ShouldContain($"Prepare PEFT export of trial {trial}");

        using (var asked = await Post("PEFT"))
        {
            asked.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            asked.Headers.Location?.OriginalString.ShouldBe($"/api/v1/trials/{trial}/exports");
            (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString().ShouldBe("waiting");
        }
        await (await client.GetAsync($"/api/v1/trials/{trial}/exports/peft.zip")).ShouldBeProblem(HttpStatusCode.Conflict, "the export is waiting");
        (await client.GetStringAsync("/queue")).ShouldContain("they go before the trials that wait");

        var content = await MakeAsync();
        var peft = (await Read($"/api/v1/trials/{trial}/exports"))[1];
        peft.GetProperty("state").GetString().ShouldBe("ready");
        peft.GetProperty("report").GetProperty("comparison").GetProperty("largestDifference").GetDouble().ShouldBe(3.14e-7);
        using var download = await client.GetAsync(peft.GetProperty("url").GetString());
        download.StatusCode.ShouldBe(HttpStatusCode.OK);
        download.Content.Headers.ContentLength.ShouldBe(content.Length);
        download.Content.Headers.ContentType?.MediaType.ShouldBe("application/zip");
        download.Content.Headers.ContentDisposition?.FileName.ShouldBe($"trial-{trial}-peft.zip");
        (await download.Content.ReadAsByteArrayAsync()).ShouldBe(content);

        var page = await client.GetStringAsync($"/trials/{trial}");
        page.ShouldContain("<strong>3.1e-7</strong> over 8 rows; 2.5e-4 is allowed");
        page.ShouldContain("prefix in layers 0-4: PEFT has one prefix");
        page.ShouldContain("the largest difference is <strong>0.25</strong>");
        page.ShouldContain("Rows were tokenised to at most 128 tokens");
    }

    [Fact]
    public async Task A_refusal_stands_in_the_downloads_place()
    {
        await CompleteTrialAsync();
        using (await Post("merged"))
        {
            var attempts = new ExportAttempts(Database);
            var key = new ExportKey(trial, ExportLayout.Merged);
            await attempts.StartAsync(key, worker, None);
            await attempts.RefuseAsync(key, 1, "adapter in layers 0-11: a bottleneck is <not> linear", None);
        }
        await (await client.GetAsync($"/api/v1/trials/{trial}/exports/merged.zip")).ShouldBeProblem(HttpStatusCode.Conflict, "the export is refused: adapter in layers 0-11");
        var page = await client.GetStringAsync($"/trials/{trial}");
        page.ShouldContain("a bottleneck is &lt;not&gt; linear");
        page.ShouldNotContain("Try again: Merged model");
    }

    [Fact]
    public async Task What_failed_says_why_and_can_be_asked_for_again()
    {
        await CompleteTrialAsync();
        using (await Post("adapterhub"))
        {
            var attempts = new ExportAttempts(Database);
            var key = new ExportKey(trial, ExportLayout.AdapterHub);
            await attempts.StartAsync(key, worker, None);
            await attempts.FailAsync(key, 1, "No space left on device", None);
        }
        await (await client.GetAsync($"/api/v1/trials/{trial}/exports/adapterhub.zip")).ShouldBeProblem(HttpStatusCode.Conflict, "the export is failed: No space left on device");
        var page = await client.GetStringAsync($"/trials/{trial}");
        page.ShouldContain("No space left on device");
        page.ShouldContain($"Try again: AdapterHub export of trial {trial}");
        using var again = await Post("adapterhub");
        (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString().ShouldBe("waiting");
        (await client.GetStringAsync($"/trials/{trial}")).ShouldContain("It goes before the trials that wait.");
    }

    [Fact]
    public async Task What_is_ready_can_be_removed_and_made_again()
    {
        await CompleteTrialAsync();
        await (await Delete()).ShouldBeProblem(HttpStatusCode.NotFound, $"no export of trial {trial} as peft was asked for");
        using (await Post("peft"))
            await (await Delete()).ShouldBeProblem(HttpStatusCode.Conflict, "the export is waiting and has no files");
        await MakeAsync();
        (await client.GetStringAsync($"/trials/{trial}")).ShouldContain($"Remove PEFT export of trial {trial}");

        using (var removed = await Delete())
            removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using (var twice = await Delete())
            twice.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await using (var context = Database.Open())
        {
            (await context.ExportChunks.CountAsync()).ShouldBe(0);
            (await context.Events.CountAsync(line => line.Kind == EventKind.ExportRemoved)).ShouldBe(1);
        }
        await (await client.GetAsync($"/api/v1/trials/{trial}/exports/peft.zip")).ShouldBeProblem(HttpStatusCode.Conflict, "the export is removed");
        var page = await client.GetStringAsync($"/trials/{trial}");
        page.ShouldContain("Its files were removed.");
        page.ShouldContain($"Prepare PEFT export of trial {trial}");
        page.ShouldNotContain("Download, ");

        using (await Post("peft"))
            (await MakeAsync(attempt: 2)).ShouldBe(await client.GetByteArrayAsync($"/api/v1/trials/{trial}/exports/peft.zip"));
    }

    [Fact]
    public async Task Damaged_bytes_never_arrive_as_a_whole_file()
    {
        await CompleteTrialAsync();
        using (await Post("peft"))
            await MakeAsync();
        await using (var context = Database.Open())
            await context.Database.ExecuteSqlAsync($"update export_chunks set content = overlay(content placing '\\x00'::bytea from 3) where number = 0");
        await Should.ThrowAsync<HttpRequestException>(async () =>
        {
            using var answer = await client.GetAsync($"/api/v1/trials/{trial}/exports/peft.zip");
            await answer.Content.ReadAsByteArrayAsync();
        });
    }

    private StudioDatabase Database => (studio ?? throw new InvalidOperationException("not started")).Services.GetRequiredService<StudioDatabase>();

    private async Task CompleteTrialAsync()
    {
        var attempts = new TrialAttempts(Database);
        (await attempts.StartAsync(trial, worker, None)).ShouldBeOfType<StartAnswer.Started>();
        var score = new RowsScore(50, [new("pearson", 50)], false);
        (await attempts.CompleteAsync(trial, 1, new TrialResult(1, score, null, [new(1, 0.5, score)], 80, 10, 32), [1, 2, 3], "{}", None)).ShouldBe(WriteAnswer.Accepted);
    }

    /// <summary>As a worker does: two chunks and a bit.</summary>
    private async Task<byte[]> MakeAsync(int attempt = 1)
    {
        using var folder = new TempFolder();
        Report.Write(folder.Path);
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("weights ", 1_200_000)));
        var attempts = new ExportAttempts(Database);
        var key = new ExportKey(trial, ExportLayout.Peft);
        (await attempts.StartAsync(key, worker, None)).ShouldBeOfType<ExportStart.Started>();
        (await attempts.CompleteAsync(key, attempt, await File.ReadAllTextAsync(folder[ExportReport.FileName]), folder.Write("export.zip", content), None)).ShouldBe(WriteAnswer.Accepted);
        return content;
    }

    private Task<HttpResponseMessage> Post(string layout) => client.PostAsync($"/api/v1/trials/{trial}/exports/{layout}", null);

    private Task<HttpResponseMessage> Delete() => client.DeleteAsync($"/api/v1/trials/{trial}/exports/peft");

    private async Task<JsonElement> Read(string url)
    {
        using var answer = await client.GetAsync(url);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
