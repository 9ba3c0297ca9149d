using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace PeftStudio.Web.Fetching;

/// <summary>
/// One origin that files are fetched from. Redirects are followed here and not by the handler: to http and https alone, never from https back
/// to http, and what the hub says of a large file stands on its first answer. Every wait has an end.
/// </summary>
internal sealed class RemoteSource : IDisposable
{
    private const int MostRedirects = 10;

    /// <summary>For an answer, and for each next piece of a body.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient client;

    public RemoteSource(Uri origin)
    {
        Origin = origin;
        var guard = new OutboundGuard(origin);
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = Patience,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = guard.ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("PeftStudio", typeof(RemoteSource).Assembly.GetName().Version?.ToString(2)));
    }

    public Uri Origin { get; }

    public Uri Address(string path) => new(Origin, path);

    /// <summary>A small file as a whole.</summary>
    public async Task<byte[]> ReadAsync(Uri address, int mostBytes, CancellationToken cancel)
    {
        using var answer = await OpenAsync(address, range: null, ifRange: null, cancel);
        using var limit = Limit(cancel);
        var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            await using var body = await answer.Response.Content.ReadAsStreamAsync(limit.Token);
            for (int read; (read = await body.ReadAsync(buffer, limit.Token)) > 0; bytes.Write(buffer, 0, read))
                if (bytes.Length + read > mostBytes)
                    throw new FetchRefused($"{address.AbsolutePath} is larger than {mostBytes} bytes, which is more than such a file ever has", StatusCodes.Status502BadGateway);
        }
        catch (Exception error) when (IsCut(error, cancel))
        {
            throw Cut(address);
        }
        return bytes.ToArray();
    }

    /// <summary>200, 206 or 416, with the body to be read; of a range only where one is asked for.</summary>
    /// <exception cref="RemoteRefused">Any other answer.</exception>
    /// <exception cref="FetchRefused">No answer, or a redirect that is not followed.</exception>
    public async Task<RemoteAnswer> OpenAsync(Uri address, RangeHeaderValue? range, EntityTagHeaderValue? ifRange, CancellationToken cancel)
    {
        (long? size, string? sha256) = (null, null);
        for (var hops = 0; hops <= MostRedirects; hops++)
        {
            var response = await SendAsync(address, range, ifRange, cancel);
            if (hops == 0)
                (size, sha256) = (LinkedSize(response), LinkedSha256(response));
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
                return new(response, size, sha256);
            using (response)
                address = response.Headers.Location is { } location && (int)response.StatusCode is 301 or 302 or 303 or 307 or 308
                    ? Redirected(address, location)
                    : throw new RemoteRefused(address, (int)response.StatusCode, Header(response, "X-Error-Code"));
        }
        throw new FetchRefused($"{Origin.Host} redirected more than {MostRedirects} times", StatusCodes.Status502BadGateway);
    }

    /// <summary>Whether reading failed because the other side, or the way to it, went away; a cancelled fetch is none of these.</summary>
    public static bool IsCut(Exception error, CancellationToken cancel) =>
        error is IOException or HttpRequestException || (error is OperationCanceledException && !cancel.IsCancellationRequested);

    /// <summary>What a person reads where the way to a host broke off.</summary>
    public static FetchRefused Cut(Uri address) => new(
        $"the connection to {address.Host} was cut; what is here is kept, so fetch again and it goes on from there", StatusCodes.Status502BadGateway);

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Uri address, RangeHeaderValue? range, EntityTagHeaderValue? ifRange, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = range;
        if (ifRange is not null)
            request.Headers.IfRange = new RangeConditionHeaderValue(ifRange);
        using var limit = Limit(cancel);
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (HttpRequestException error) when (error.InnerException is FetchRefused refused)
        {
            throw new FetchRefused(refused.Message, refused.Status);
        }
        catch (Exception error) when (IsCut(error, cancel))
        {
            throw new FetchRefused(
                $"{address.Host} cannot be reached ({(error is OperationCanceledException ? "no answer in time" : error.GetBaseException().Message)}). Is this machine connected? Studio:Hub and Studio:Glue may name mirrors; without a connection upload the folder instead",
                StatusCodes.Status502BadGateway);
        }
    }

    private static Uri Redirected(Uri from, Uri location)
    {
        var to = new Uri(from, location);
        if (to.Scheme != Uri.UriSchemeHttps && (to.Scheme != Uri.UriSchemeHttp || from.Scheme == Uri.UriSchemeHttps))
            throw new FetchRefused($"{from.Host} leads from {from.Scheme} to {to.Scheme}, which is not followed", StatusCodes.Status502BadGateway);
        return to;
    }

    private static CancellationTokenSource Limit(CancellationToken cancel)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        return limit;
    }

    private static long? LinkedSize(HttpResponseMessage response) =>
        long.TryParse(Header(response, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

    private static string? LinkedSha256(HttpResponseMessage response) =>
        Header(response, "X-Linked-Etag")?.Trim('"') is { Length: 64 } tag && tag.All(char.IsAsciiHexDigit) ? tag.ToLowerInvariant() : null;

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
