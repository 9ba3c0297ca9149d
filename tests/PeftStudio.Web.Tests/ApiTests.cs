using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PeftStudio.Web.Tests;

/// <summary>Every endpoint of the API on a studio with one waiting study (no worker: nothing runs).</summary>
public sealed class ApiTests : IClassFixture<ApiTests.OneStudy>
{
    private readonly HttpClient client;
    private readonly int study;

    public ApiTests(OneStudy fixture) => (client, study) = (fixture.Client, fixture.Study);

    public sealed class OneStudy : IAsyncLifetime
    {
        private Studio? studio;

        internal HttpClient Client { get; private set; } = new();

        internal int Study { get; private set; }

        public async ValueTask InitializeAsync()
        {
            studio = await new Studio().StartAsync();
            Client = studio.Client();
            using var answer = await Client.PostAsync("/api/v1/studies", Studio.Yaml(Studio.Plan()));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
            Study = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt32();
            answer.Headers.Location?.OriginalString.ShouldBe($"/api/v1/studies/{Study}");
        }

        public async ValueTask DisposeAsync()
        {
            if (studio is not null)
                await studio.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_created_study_is_listed_and_has_its_first_trials()
    {
        var listed = await Read("/api/v1/studies");
        listed.EnumerateArray().Select(row => row.GetProperty("id").GetInt32()).ShouldContain(study);
        var head = await Read($"/api/v1/studies/{study}");
        head.GetProperty("state").GetString().ShouldBe("running");
        head.GetProperty("plan").GetProperty("space").GetProperty("groups").GetInt32().ShouldBe(2);
        var trials = await Read($"/api/v1/studies/{study}/trials");
        trials.GetProperty("total").GetInt32().ShouldBe(1);
        trials.GetProperty("rows")[0].GetProperty("state").GetString().ShouldBe("waiting");
    }

    [Theory]
    [InlineData("designs?sort=score&descending=true&pattern=Uniform")]
    [InlineData("designs")]
    [InlineData("decisions")]
    [InlineData("steps")]
    [InlineData("events")]
    [InlineData("adapters")]
    [InlineData("results.json")]
    public async Task A_part_of_a_study_can_be_read(string part) => (await Read($"/api/v1/studies/{study}/{part}")).ValueKind.ShouldNotBe(JsonValueKind.Null);

    [Theory]
    [InlineData("/api/v1/workers")]
    [InlineData("/api/v1/queue")]
    [InlineData("/api/v1/backbones")]
    [InlineData("/api/v1/backbones/sample")]
    [InlineData("/api/v1/tasks")]
    [InlineData("/api/v1/tasks/sentiment")]
    [InlineData("/api/v1/tasks/sentiment/rows?file=dev")]
    [InlineData("/api/v1/schemas")]
    [InlineData("/api/v1/schemas/study")]
    [InlineData("/api/v1/schemas/plan")]
    [InlineData("/api/v1/schemas/results")]
    [InlineData("/api/v1/schemas/adapter")]
    [InlineData("/openapi/v1.json")]
    public async Task A_resource_can_be_read(string url) => (await Read(url)).ValueKind.ShouldNotBe(JsonValueKind.Null);

    [Fact]
    public async Task The_plan_comes_back_and_creates_the_same_study()
    {
        var yaml = await client.GetStringAsync($"/api/v1/studies/{study}/plan.yaml");
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(yaml));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var other = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt32();
        (await client.GetStringAsync($"/api/v1/studies/{other}/plan.yaml")).ShouldBe(yaml);
        var first = await Read($"/api/v1/studies/{study}/designs");
        var second = await Read($"/api/v1/studies/{other}/designs");
        second.GetProperty("rows")[0].GetProperty("designHash").GetString().ShouldBe(first.GetProperty("rows")[0].GetProperty("designHash").GetString());
    }

    [Fact]
    public async Task A_forecast_starts_nothing_and_counts_exactly()
    {
        var before = (await Read("/api/v1/studies")).GetArrayLength();
        using var answer = await client.PostAsync("/api/v1/forecast", Studio.Yaml(Studio.Plan()));
        var forecast = await answer.Content.ReadFromJsonAsync<JsonElement>();
        forecast.GetProperty("problems").GetArrayLength().ShouldBe(0);
        // Groupings of 12 layers in two groups: uniform 6-6, and five increasing; 3 allocations; 3 tunable sets; LoRA alone.
        forecast.GetProperty("designs").GetString().ShouldBe("54");
        (await Read("/api/v1/studies")).GetArrayLength().ShouldBe(before);
    }

    [Fact]
    public async Task Stop_and_cancel_end_a_study_once()
    {
        var stopped = await Create("to be stopped");
        (await client.PostAsync($"/api/v1/studies/{stopped}/stop", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var cancelled = await Create("to be cancelled");
        (await client.PostAsync($"/api/v1/studies/{cancelled}/cancel", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Read($"/api/v1/studies/{cancelled}")).GetProperty("state").GetString().ShouldBe("cancelled");
        await (await client.PostAsync($"/api/v1/studies/{cancelled}/cancel", null)).ShouldBeProblem(HttpStatusCode.Conflict, "Cancelled");
    }

    [Fact]
    public async Task A_waiting_trial_is_not_retried_and_can_be_cancelled()
    {
        var id = await Create("one trial");
        var trial = (await Read($"/api/v1/studies/{id}/trials")).GetProperty("rows")[0].GetProperty("id").GetInt64();
        (await Read($"/api/v1/trials/{trial}")).GetProperty("plan").GetProperty("task").GetProperty("name").GetString().ShouldBe("similarity");
        await (await client.PostAsync($"/api/v1/trials/{trial}/retry", null)).ShouldBeProblem(HttpStatusCode.Conflict, "only a failed one");
        await (await client.GetAsync($"/api/v1/trials/{trial}/adapter.zip")).ShouldBeProblem(HttpStatusCode.NotFound, "no stored adapter");
        (await client.PostAsync($"/api/v1/trials/{trial}/cancel", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Read($"/api/v1/trials/{trial}")).GetProperty("state").GetString().ShouldBe("cancelled");
    }

    [Theory]
    [InlineData("GET", "/api/v1/studies/9999", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("GET", "/api/v1/studies/9999/trials", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("GET", "/api/v1/studies/9999/results.json", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("GET", "/api/v1/studies/9999/adapters.zip", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("POST", "/api/v1/studies/9999/stop", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("POST", "/api/v1/studies/9999/cancel", HttpStatusCode.NotFound, "there is no study 9999")]
    [InlineData("POST", "/api/v1/studies/9999/choices/1/drop", HttpStatusCode.NotFound, "there is no choice 1")]
    [InlineData("GET", "/api/v1/trials/9999", HttpStatusCode.NotFound, "there is no trial 9999")]
    [InlineData("POST", "/api/v1/trials/9999/retry", HttpStatusCode.NotFound, "there is no trial 9999")]
    [InlineData("GET", "/api/v1/backbones/nope", HttpStatusCode.NotFound, "there is no backbone called 'nope'")]
    [InlineData("GET", "/api/v1/tasks/nope", HttpStatusCode.NotFound, "there is no task called 'nope'")]
    [InlineData("GET", "/api/v1/tasks/nope/rows", HttpStatusCode.NotFound, "there is no task called 'nope'")]
    [InlineData("GET", "/api/v1/tasks/sentiment/rows?file=test", HttpStatusCode.BadRequest, "write train or dev")]
    [InlineData("GET", "/api/v1/schemas/nope", HttpStatusCode.NotFound, "there is no schema 'nope'")]
    [InlineData("GET", "/api/v1/studies?state=asleep", HttpStatusCode.BadRequest, "'asleep' is none of running")]
    [InlineData("GET", "/api/v1/studies/1/trials?take=0", HttpStatusCode.BadRequest, "take from 1 to 1000")]
    [InlineData("GET", "/api/v1/studies/1/trials?skip=-1", HttpStatusCode.BadRequest, "skip from 0")]
    [InlineData("GET", "/api/v1/studies/1/designs?sort=beauty", HttpStatusCode.BadRequest, "'beauty' is none of drawn")]
    [InlineData("GET", "/api/v1/studies/1/adapters/nope.zip", HttpStatusCode.NotFound, "no adapter of a task 'nope'")]
    [InlineData("GET", "/api/v1/trials/9999/exports", HttpStatusCode.NotFound, "there is no trial 9999")]
    [InlineData("POST", "/api/v1/trials/9999/exports/peft", HttpStatusCode.NotFound, "there is no trial 9999")]
    [InlineData("POST", "/api/v1/trials/1/exports/zip", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("POST", "/api/v1/trials/1/exports/1", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("POST", "/api/v1/trials/1/exports/+1", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("POST", "/api/v1/trials/1/exports/adapterhub,peft", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("DELETE", "/api/v1/trials/1/exports/adapterhub,%20merged", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("DELETE", "/api/v1/trials/1/exports/-0", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("GET", "/api/v1/studies?state=%20running", HttpStatusCode.BadRequest, "is none of running")]
    [InlineData("GET", "/api/v1/trials/1/exports/zip.zip", HttpStatusCode.BadRequest, "is none of adapterHub, peft, merged")]
    [InlineData("GET", "/api/v1/trials/1/exports/merged.zip", HttpStatusCode.NotFound, "POST /api/v1/trials/1/exports/merged does")]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("PUT", "/api/v1/studies/1", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task A_wrong_request_is_answered_with_what_is_wrong(string method, string url, HttpStatusCode status, string says)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        using var answer = await client.SendAsync(request);
        await answer.ShouldBeProblem(status, says);
    }

    [Theory]
    [InlineData("", "the body is empty")]
    [InlineData("name: x", "backbone")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nsapce: {}", "sapce")]
    [InlineData("name: x\nbackbone: nope\ntasks: [similarity]", "no backbone is called 'nope'; there are sample")]
    [InlineData("name: x\nbackbone: sample\ntasks: [nope]", "no task is called 'nope'")]
    [InlineData("name: x\nbackbone: sample\ntasks: []", "choose at least one")]
    [InlineData("name: \"\"\nbackbone: sample\ntasks: [similarity]", "the study has no name")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nspace: { groups: 13 }", "13 groups")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nspace: { groupings: [] }", "no grouping is left")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nspace: { methods: [lora, magic] }", "no method is called 'magic'")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nbudget: { parameters: 7 }", "no design of the space fits 7")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\nbudget: { percent: 0 }", "above 0")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\ncompute: { epochs: many }", "line 4")]
    [InlineData("name: x\nbackbone: sample\ntasks: [similarity]\ntraining: { maxLength: 4096 }", "positions for")]
    [InlineData("{\"name\": \"x\", \"backbone\": \"sample\"", "line 1")]
    [InlineData("name: [", "line ")]
    public async Task A_wrong_plan_names_the_field_and_starts_nothing(string plan, string says)
    {
        var before = (await Read("/api/v1/studies")).GetArrayLength();
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(plan));
        await answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        // JSON writes some letters as escapes; the words are compared as they are read.
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject()
            .SelectMany(error => error.Value.EnumerateArray().Select(message => $"{error.Name}: {message.GetString()}"))
            .ShouldContain(message => message.Contains(says, StringComparison.Ordinal));
        (await Read("/api/v1/studies")).GetArrayLength().ShouldBe(before);
    }

    [Fact]
    public async Task Both_health_checks_answer()
    {
        (await client.GetStringAsync("/health/live")).ShouldBe("live");
        (await client.GetStringAsync("/health/ready")).ShouldBe("ready");
    }

    private async Task<int> Create(string name)
    {
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(Studio.Plan(name)));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt32();
    }

    private async Task<JsonElement> Read(string url)
    {
        using var answer = await client.GetAsync(url);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
