using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace PeftStudio.Web.Tests;

/// <summary>Who may ask, from where, and what every answer carries.</summary>
public sealed class SecurityTests : IClassFixture<SecurityTests.Both>
{
    private readonly Studio open;
    private readonly Studio locked;

    public SecurityTests(Both both) => (open, locked) = (both.Open, both.Locked);

    public sealed class Both : IAsyncLifetime
    {
        internal Studio Open { get; } = new();

        internal Studio Locked { get; } = new(Studio.Token);

        public async ValueTask InitializeAsync()
        {
            await Open.StartAsync();
            await Locked.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Open.DisposeAsync();
            await Locked.DisposeAsync();
        }
    }

    [Fact]
    public void Four_endpoints_are_anonymous() => locked.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}") ?? [endpoint.RoutePattern.RawText ?? ""])
        .Order(StringComparer.Ordinal)
        .ShouldBe(["GET /health/live", "GET /health/ready", "GET /login", "POST /login"]);

    [Fact]
    public async Task Without_the_token_every_other_endpoint_is_closed()
    {
        using var client = locked.Client();
        var routes = locked.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null).ToList();
        routes.Count.ShouldBeGreaterThan(40);
        foreach (var route in routes)
        {
            var url = "/" + Regex.Replace(route.RoutePattern.RawText ?? "", @"\{[^}]*\}", "1", RegexOptions.None, TimeSpan.FromSeconds(1)).TrimStart('/');
            var method = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.FirstOrDefault() ?? "GET";
            using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), url));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {url}");
        }
    }

    [Fact]
    public async Task A_page_without_login_leads_to_the_login_and_back()
    {
        using var client = locked.Client(browser: true);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/queue");
        request.Headers.Accept.ParseAdd("text/html");
        using var sent = await client.SendAsync(request);
        sent.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var login = sent.Headers.Location!.PathAndQuery;
        login.ShouldStartWith("/login?ReturnUrl=");
        (await Enter(client, login, "not the token at all, but long")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var entered = await Enter(client, login, Studio.Token);
        entered.StatusCode.ShouldBe(HttpStatusCode.Redirect, await entered.Content.ReadAsStringAsync());
        entered.Headers.Location?.OriginalString.ShouldBe("/queue");
        (await client.GetStringAsync("/queue")).ShouldContain("Workers and queue");
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    public async Task A_login_leads_nowhere_else(string url)
    {
        using var client = locked.Client(browser: true);
        var entered = await Enter(client, $"/login?ReturnUrl={Uri.EscapeDataString(url)}", Studio.Token);
        entered.Headers.Location?.OriginalString.ShouldBe("/");
    }

    [Fact]
    public async Task A_script_enters_by_bearer_token()
    {
        using var client = locked.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Studio.Token);
        (await client.GetAsync("/api/v1/studies")).StatusCode.ShouldBe(HttpStatusCode.OK);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Studio.Token + "x");
        await (await client.GetAsync("/api/v1/studies")).ShouldBeProblem(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/api/v1/studies")]
    [InlineData("POST", "/api/v1/studies")]
    [InlineData("PUT", "/api/v1/studies")]
    [InlineData("PATCH", "/api/v1/studies")]
    [InlineData("DELETE", "/api/v1/studies")]
    [InlineData("OPTIONS", "/api/v1/studies")]
    [InlineData("GET", "/_blazor?id=1")]
    [InlineData("POST", "/_blazor/negotiate")]
    [InlineData("GET", "/css/studio.css")]
    public async Task Another_site_and_another_name_are_refused_on_every_verb(string method, string url)
    {
        using var client = open.Client();
        using var foreign = new HttpRequestMessage(new HttpMethod(method), url);
        foreign.Headers.Add("Origin", "https://elsewhere.example");
        await (await client.SendAsync(foreign)).ShouldBeProblem(HttpStatusCode.Forbidden, "elsewhere.example");
        using var rebound = new HttpRequestMessage(new HttpMethod(method), url);
        rebound.Headers.Host = "rebound.example";
        await (await client.SendAsync(rebound)).ShouldBeProblem(HttpStatusCode.MisdirectedRequest, "rebound.example");
    }

    [Fact]
    public async Task A_websocket_of_another_site_is_refused()
    {
        using var client = open.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_blazor");
        request.Headers.Add("Origin", "null");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        await (await client.SendAsync(request)).ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_browser_needs_the_token_of_a_page()
    {
        using var client = open.Client(browser: true);
        var own = client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        using var without = new HttpRequestMessage(HttpMethod.Post, "/api/v1/studies/1/stop");
        without.Headers.Add("Origin", own);
        await (await client.SendAsync(without)).ShouldBeProblem(HttpStatusCode.BadRequest, "antiforgery token");
        var page = await client.GetStringAsync("/backbones");
        using var with = new HttpRequestMessage(HttpMethod.Post, "/api/v1/studies/1/stop");
        with.Headers.Add("Origin", own);
        with.Headers.Add("RequestVerificationToken", Forgery(page));
        await (await client.SendAsync(with)).ShouldBeProblem(HttpStatusCode.NotFound, "there is no study 1");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/studies")]
    [InlineData("/css/studio.css")]
    [InlineData("/nothing")]
    public async Task Every_answer_carries_the_headers(string url)
    {
        using var client = open.Client();
        using var answer = await client.GetAsync(url);
        var policy = string.Join(';', answer.Headers.GetValues("Content-Security-Policy"));
        policy.ShouldContain("script-src 'self';");
        policy.ShouldNotContain("script-src 'self' 'unsafe");
        policy.ShouldContain("style-src 'self';");
        policy.ShouldContain("frame-ancestors 'none'");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task No_page_names_another_host()
    {
        using var client = open.Client();
        foreach (var url in new[] { "/", "/studies/new", "/queue", "/backbones", "/tasks", "/settings" })
            Regex.Matches(await client.GetStringAsync(url), "(?:src|href|action)=\"(?:https?:)?//[^\"]*", RegexOptions.None, TimeSpan.FromSeconds(5)).ShouldBeEmpty(url);
    }

    [Fact]
    public async Task Blazors_script_is_served()
    {
        using var client = open.Client();
        (await client.GetStringAsync("/_framework/blazor.web.js")).Length.ShouldBeGreaterThan(100_000);
        (await client.GetAsync("/_content/Radzen.Blazor/Radzen.Blazor.min.js")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/_content/Radzen.Blazor/css/software-dark-base.css")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> Enter(HttpClient client, string url, string token)
    {
        var page = await client.GetStringAsync(url);
        var back = WebUtility.HtmlDecode(Regex.Match(page, "name=\"returnUrl\" value=\"([^\"]*)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value);
        return await client.PostAsync("/login", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["token"] = token,
            ["returnUrl"] = back,
            ["__RequestVerificationToken"] = Forgery(page),
        }));
    }

    private static string Forgery(string page) =>
        Regex.Match(page, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
}
