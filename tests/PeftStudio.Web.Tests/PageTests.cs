using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PeftStudio.Web.Tests;

/// <summary>What the server draws before any script runs: the true state, and no script of anybody else's.</summary>
public sealed class PageTests : IClassFixture<PageTests.OneStudy>
{
    private const string Payload = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

    private readonly HttpClient client;
    private readonly int study;

    public PageTests(OneStudy fixture) => (client, study) = (fixture.Client, fixture.Study);

    public sealed class OneStudy : IAsyncLifetime
    {
        private Studio? studio;

        internal HttpClient Client { get; private set; } = new();

        internal int Study { get; private set; }

        public async ValueTask InitializeAsync()
        {
            studio = await new Studio().StartAsync();
            Client = studio.Client();
            var plan = Studio.Plan().Replace("name: A study of the tests", $"name: {JsonSerializer.Serialize(Payload)}\nnote: {JsonSerializer.Serialize(Payload)}", StringComparison.Ordinal);
            using var answer = await Client.PostAsync("/api/v1/studies", Studio.Yaml(plan));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
            Study = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt32();
            var rows = $"text\tlabel\n{Payload}\tyes\n{Payload}\tno\n";
            var json = """{ "name": "hostile", "description": PAYLOAD, "files": { "train": "train.tsv", "dev": "dev.tsv" }, "columns": { "text": "text", "label": "label" }, "labels": ["no", "yes"], "metrics": ["accuracy"] }"""
                .Replace("PAYLOAD", JsonSerializer.Serialize(Payload), StringComparison.Ordinal);
            using var upload = await Client.PostAsync("/api/v1/tasks", Studio.Upload("hostile", ("a.zip", Studio.Zip(("task.json", json), ("train.tsv", rows), ("dev.tsv", rows)))));
            upload.StatusCode.ShouldBe(HttpStatusCode.Created, await upload.Content.ReadAsStringAsync());
        }

        public async ValueTask DisposeAsync()
        {
            if (studio is not null)
                await studio.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("/", "0 of")]
    [InlineData("/studies/{0}", "S0 start")]
    [InlineData("/studies/{0}?tab=designs", "No design is complete yet")]
    [InlineData("/studies/{0}?tab=trials", "waiting")]
    [InlineData("/studies/{0}?tab=result", "No final comparison yet")]
    [InlineData("/studies/{0}?tab=events", "Study created")]
    [InlineData("/studies/{0}?tab=plan", "samplesPerChoice: 1")]
    [InlineData("/studies/new", "Layer grouping")]
    [InlineData("/studies/new?preset=design", "Methods by group")]
    [InlineData("/studies/new?from={0}", "again")]
    [InlineData("/trials/1", "Learning curve")]
    [InlineData("/queue", "Waiting: 1")]
    [InlineData("/backbones", "sample")]
    [InlineData("/tasks", "similarity")]
    [InlineData("/tasks/hostile", "Training rows")]
    [InlineData("/settings", "loopback only")]
    [InlineData("/studies/9999", "There is no study of this number")]
    [InlineData("/trials/9999", "There is no trial of this number")]
    [InlineData("/tasks/nope", "There is no task of this name")]
    public async Task A_page_shows_the_true_state_and_no_foreign_script(string url, string says)
    {
        var html = await client.GetStringAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, study));
        html.ShouldContain(says, Case.Insensitive);
        html.ShouldNotContain("<script>alert");
        html.ShouldNotContain("<img src=x");
        html.ShouldNotContain(" style=\"<");
    }

    [Fact]
    public async Task The_theme_is_in_the_first_byte()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/settings");
        request.Headers.Add("Cookie", "theme=dark");
        var html = await (await client.SendAsync(request)).Content.ReadAsStringAsync();
        html.ShouldContain("data-theme=\"dark\"");
        html.ShouldMatch("id=\"theme-light\"[^>]*media=\"not all\"");
        using var hostile = new HttpRequestMessage(HttpMethod.Get, "/settings");
        hostile.Headers.Add("Cookie", "theme=x\"onload=alert(1)");
        (await (await client.SendAsync(hostile)).Content.ReadAsStringAsync()).ShouldContain("data-theme=\"system\"");
    }

    [Fact]
    public async Task A_download_is_an_attachment()
    {
        using var answer = await client.GetAsync($"/api/v1/studies/{study}/results.json");
        answer.Content.Headers.ContentDisposition?.DispositionType.ShouldBe("attachment");
        answer.Content.Headers.ContentDisposition?.FileName.ShouldBe($"study-{study}-results.json");
    }
}
