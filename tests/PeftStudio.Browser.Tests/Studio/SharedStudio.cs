using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>A studio with one worker for the journeys that do not mind what else is in it; started with the first that asks.</summary>
public sealed class SharedStudio : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim gate = new(1);
    private RunningStudio? studio;
    private int? whole;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    internal async Task<Uri> AddressAsync()
    {
        await gate.WaitAsync();
        try
        {
            return (studio ??= await RunningStudio.StartAsync(workers: 1)).Address;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The number of a completed search, run with the first call.</summary>
    internal async Task<int> WholeStudyAsync()
    {
        using var client = new HttpClient { BaseAddress = await AddressAsync() };
        await gate.WaitAsync();
        try
        {
            return whole ??= await RunAsync(client, StudyText.Whole);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Cancels what is still going on.</summary>
    internal async Task CancelAsync()
    {
        using var client = new HttpClient { BaseAddress = await AddressAsync() };
        var studies = await client.GetFromJsonAsync<JsonArray>(new Uri("/api/v1/studies", UriKind.Relative)) ?? [];
        foreach (var study in studies.Where(study => study?["finishedAt"] is null))
            using (await client.PostAsync(new Uri($"/api/v1/studies/{study?["id"]}/cancel", UriKind.Relative), content: null))
            {
            }
    }

    public async ValueTask DisposeAsync()
    {
        if (studio is not null)
            await studio.DisposeAsync();
        gate.Dispose();
    }

    private async Task<int> RunAsync(HttpClient client, string yaml)
    {
        using var body = new StringContent(yaml, Encoding.UTF8, "application/yaml");
        using var answer = await client.PostAsync(new Uri("/api/v1/studies", UriKind.Relative), body);
        var created = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(created);
        var id = JsonNode.Parse(created)?["id"]?.GetValue<int>() ?? throw new InvalidOperationException(created);
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var study = await client.GetFromJsonAsync<JsonNode>(new Uri(string.Create(CultureInfo.InvariantCulture, $"/api/v1/studies/{id}"), UriKind.Relative));
            var state = study?["state"]?.GetValue<string>();
            if (string.Equals(state, "completed", StringComparison.OrdinalIgnoreCase))
                return id;
            if (limit.IsCancellationRequested || !string.Equals(state, "running", StringComparison.OrdinalIgnoreCase))
                throw new InvalidOperationException($"the study is {state}: {study}\n{studio?.Said}");
            await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken.None);
        }
    }
}
