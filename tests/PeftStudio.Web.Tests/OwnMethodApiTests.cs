using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PeftStudio.Web.Tests;

/// <summary>A study that builds a method of its own, over HTTP and on its pages.</summary>
public sealed class OwnMethodApiTests(ApiTests.OneStudy fixture) : IClassFixture<ApiTests.OneStudy>
{
    private const string Own = "{ name: beside, title: Beside both, form: bottleneck, representation: \"attentionOutput, feedForwardOutput\", insertion: parallel, composition: scaled, scale: 0.5 }";

    private static string Plan(string own) => Studio.Plan().Replace("space:\n", $"ownMethods: [{own}]\nspace:\n", StringComparison.Ordinal).Replace("methods: [lora]", "methods: [beside]", StringComparison.Ordinal);

    [Fact]
    public async Task Its_trials_carry_the_definition_and_its_pages_name_it()
    {
        using var answer = await fixture.Client.PostAsync("/api/v1/studies", Studio.Yaml(Plan(Own)));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt32();

        (await fixture.Client.GetStringAsync($"/api/v1/studies/{id}/plan.yaml")).ShouldContain($"ownMethods:\n  - {Own}\n");
        var trials = await fixture.Client.GetFromJsonAsync<JsonElement>($"/api/v1/studies/{id}/trials");
        var trial = trials.GetProperty("rows")[0].GetProperty("id").GetInt64();
        var plan = (await fixture.Client.GetFromJsonAsync<JsonElement>($"/api/v1/trials/{trial}")).GetProperty("plan");
        plan.GetProperty("ownMethods").EnumerateArray().Select(method => method.GetProperty("name").GetString()).ShouldBe(["beside"]);

        (await fixture.Client.GetStringAsync($"/studies/{id}?tab=designs")).ShouldContain("m-own-1");
        (await fixture.Client.GetStringAsync($"/trials/{trial}")).ShouldContain("m-own-1-fill");
        (await fixture.Client.GetStringAsync($"/studies/new?from={id}")).ShouldContain("ReLU bottleneck beside the attention and the feed-forward, reading its input, added times 0.5");
    }

    [Theory]
    [InlineData("name: beside", "name: lora", "ownMethods[0].name", "the name 'lora' is taken; give another")]
    [InlineData("insertion: parallel", "insertion: parallel, rank: 3", "ownMethods[0].rank", "there is no such key")]
    [InlineData("insertion: parallel", "insertion: parallel, size: 0", "ownMethods[0].size", "0; from 1 to 4096, or left out: then the budget gives it")]
    [InlineData("scale: 0.5", "scale: 0.5, size: 4096", "budget", "methods")]
    [InlineData("composition: scaled, scale: 0.5", "composition: gated", "ownMethods[0].composition", "it is Gated; the gate is the softmax over keys, so KeyValue alone has one")]
    [InlineData("form: bottleneck", "form: rescaling", "ownMethods[0].insertion", "a vector is Parallel; it acts on the representation itself, so Sequential")]
    [InlineData("\"attentionOutput, feedForwardOutput\"", "none", "ownMethods[0].representation", "None is changed; name a representation")]
    public async Task What_cannot_be_built_is_refused_at_its_field(string part, string instead, string field, string reason)
    {
        using var answer = await fixture.Client.PostAsync("/api/v1/studies", Studio.Yaml(Plan(Own.Replace(part, instead, StringComparison.Ordinal))));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldContain(field);
        text.Replace("\\u0027", "'", StringComparison.Ordinal).ShouldContain(reason);
    }
}
