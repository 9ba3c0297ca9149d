using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using PeftStudio.Formats;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;

namespace PeftStudio.Worker;

/// <summary>The running studio's HTTP API as far as the command line needs it.</summary>
internal sealed class StudioClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HttpClient http;

    public StudioClient(Uri address, string? token)
    {
        http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };
        if (!string.IsNullOrWhiteSpace(token))
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
    }

    public Uri Page(int study) => new(http.BaseAddress!, $"/studies/{study}");

    /// <returns>the study's id</returns>
    /// <exception cref="InvalidDataException">The plan has problems; the message lists them with their places.</exception>
    public async Task<int> StartAsync(string plan, CancellationToken cancellationToken)
    {
        using var content = new StringContent(plan, Encoding.UTF8, "application/yaml");
        using var response = await http.PostAsync("/api/v1/studies", content, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Created)
            throw new InvalidDataException(await ProblemAsync(response, cancellationToken));
        return (int)(await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!["id"]!;
    }

    public Task<StudyView> StudyAsync(int study, CancellationToken cancellationToken) => GetAsync<StudyView>($"/api/v1/studies/{study}", cancellationToken);

    public Task<FinalTable> FinalAsync(int study, CancellationToken cancellationToken) => GetAsync<FinalTable>($"/api/v1/studies/{study}/final", cancellationToken);

    public async Task<byte[]> BytesAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new InvalidDataException(await ProblemAsync(response, cancellationToken));
    }

    /// <summary>results.json, and the found design's best adapters, one folder a task.</summary>
    public async Task DownloadAsync(int study, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Join(folder, "results.json"), await BytesAsync($"/api/v1/studies/{study}/results.json", cancellationToken), cancellationToken);
        // Adapters may be more than memory should hold: their archive lies where they will.
        await using var file = new FileStream(Path.Join(folder, ".adapters.zip"), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        using (var response = await http.GetAsync($"/api/v1/studies/{study}/adapters.zip", HttpCompletionOption.ResponseHeadersRead, cancellationToken))
        {
            if (!response.IsSuccessStatusCode)
                throw new InvalidDataException(await ProblemAsync(response, cancellationToken));
            await response.Content.CopyToAsync(file, cancellationToken);
        }
        using var archive = new ZipArchive(file);
        foreach (var entry in archive.Entries)
        {
            var path = SafePath.Under(folder, entry.FullName);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            entry.ExtractToFile(path, overwrite: true);
        }
    }

    public void Dispose() => http.Dispose();

    // A studio that restarts is away for some seconds; the study is not.
    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            try
            {
                using var response = await http.GetAsync(path, cancellationToken);
                if (!response.IsSuccessStatusCode)
                    throw new InvalidDataException(await ProblemAsync(response, cancellationToken));
                return CanonicalJson.Read<T>(await response.Content.ReadAsStringAsync(cancellationToken));
            }
            catch (HttpRequestException) when (waited < Patience)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is not true || JsonNode.Parse(text) is not JsonObject problem)
            return $"the studio answered {(int)response.StatusCode} {response.ReasonPhrase}";
        var lines = new List<string> { $"{problem["title"]}: {problem["detail"]}" };
        if (problem["errors"] is JsonObject errors)
            lines.AddRange(errors.SelectMany(error => (error.Value as JsonArray ?? []).Select(message => error.Key.Length == 0 ? $"  {message}" : $"  {error.Key}: {message}")));
        return string.Join('\n', lines);
    }
}
