using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PeftStudio.Tests.Hub;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>The same over HTTP, on a whole studio: who may ask and who may not is held by the tests of all endpoints.</summary>
public sealed class FetchApiTests : IClassFixture<FetchApiTests.OneStudio>
{
    private readonly Studio studio;
    private readonly PlayedHub hub;
    private readonly HttpClient client;

    public FetchApiTests(OneStudio fixture) => (studio, hub, client) = (fixture.Studio, fixture.Hub, fixture.Studio.Client());

    public sealed class OneStudio : IAsyncLifetime
    {
        public OneStudio() => Studio = new Studio(hub: Hub.Address);

        internal PlayedHub Hub { get; } = new();

        internal Studio Studio { get; }

        public async ValueTask InitializeAsync()
        {
            Hub.Add("someone/tiny-bert", ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", FetchBench.Weights));
            await Studio.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Studio.DisposeAsync();
            Hub.Dispose();
        }
    }

    [Fact]
    public async Task A_backbone_is_fetched_listed_and_seen_on_the_page()
    {
        using var answer = await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { name = "someone/tiny-bert", @as = "over http" });
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        var url = answer.Headers.Location!.OriginalString;
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        url.ShouldBe($"/api/v1/fetches/{view.GetProperty("id").GetInt32()}");
        for (var tries = 0; tries < 500 && view.GetProperty("state").GetString() is "waiting" or "running"; tries++)
        {
            await Task.Delay(20);
            view = await client.GetFromJsonAsync<JsonElement>(url);
        }
        view.GetProperty("state").GetString().ShouldBe("completed", view.ToString());
        view.GetProperty("bytes").GetInt64().ShouldBe(view.GetProperty("total").GetInt64());
        (await client.GetStringAsync("/api/v1/backbones/over%20http")).ShouldContain("\"problem\":null");
        (await client.GetStringAsync("/api/v1/fetches")).ShouldContain("over http");
        var page = await client.GetStringAsync("/backbones");
        page.ShouldContain("Fetches of backbones");
        page.ShouldContain("ready to use");

        await (await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { name = "someone/tiny-bert", @as = "over http" })).ShouldBeProblem(HttpStatusCode.Conflict, "exists already");
        (await client.PostAsync(url + "/cancel", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.DeleteAsync(url)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await client.GetAsync(url)).ShouldBeProblem(HttpStatusCode.NotFound, "there is no fetch");
    }

    [Fact]
    public async Task What_is_wrong_is_a_problem_with_its_words()
    {
        await (await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { name = "../up" })).ShouldBeProblem(HttpStatusCode.BadRequest, "owner/name is wanted");
        await (await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { name = "someone/absent" })).ShouldBeProblem(HttpStatusCode.NotFound, "has no public repository");
        await (await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { nmae = "someone/tiny-bert" })).ShouldBeProblem(HttpStatusCode.BadRequest, "nmae");
        await (await client.PostAsJsonAsync("/api/v1/backbones/fetch", new { })).ShouldBeProblem(HttpStatusCode.BadRequest);
        await (await client.PostAsJsonAsync("/api/v1/tasks/fetch", new { name = "AX" })).ShouldBeProblem(HttpStatusCode.BadRequest, "none of GLUE");
        await (await client.PostAsync("/api/v1/fetches/999/cancel", null)).ShouldBeProblem(HttpStatusCode.NotFound, "there is no fetch 999");
        await (await client.DeleteAsync("/api/v1/fetches/999")).ShouldBeProblem(HttpStatusCode.NotFound, "there is no fetch 999");
        Directory.Exists(Path.Join(studio.Data, "up")).ShouldBeFalse();
        hub.Requests.ShouldNotContain(asked => asked.Path.Contains("..") || asked.Authorization != null);
    }

    [Fact]
    public async Task The_description_has_both()
    {
        var paths = (await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json")).GetProperty("paths");
        foreach (var path in new[] { "/api/v1/backbones/fetch", "/api/v1/tasks/fetch" })
            paths.GetProperty(path).GetProperty("post").GetProperty("summary").GetString().ShouldNotBeNull().ShouldStartWith("Fetch");
    }

    [Fact]
    public async Task The_pages_offer_it()
    {
        (await client.GetStringAsync("/backbones")).ShouldContain("Fetch a backbone");
        (await client.GetStringAsync("/tasks")).ShouldContain("313 MB");
    }
}
